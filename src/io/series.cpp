#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/io/snapshot.hpp>
#include <shearwater/io/text_file.hpp>

namespace shearwater {

namespace {

/// Sizes along z, y, x, each plus `extra`.
template <int Dim>
std::string sizes(const Grid<Dim>& grid, int extra)
{
    std::vector<int> sizes;
    for (int axis = Dim - 1; axis >= 0; --axis) sizes.push_back(grid.size[axis] + extra);
    return fmt::format("{}", fmt::join(sizes, " "));
}

template <int Dim>
std::string attribute(const Grid<Dim>& grid, const std::string& file, const std::string& name, int components, bool integer)
{
    const std::string type = components == 1 ? "Scalar" : Dim == 2 ? "Vector" : "Matrix";
    const std::string shape = sizes(grid, 0) + (components == 1 ? "" : fmt::format(" {}", components));
    return fmt::format(
        "        <Attribute Name=\"{}\" AttributeType=\"{}\" Center=\"Cell\">\n"
        "          <DataItem Dimensions=\"{}\" NumberType=\"{}\" Precision=\"8\" Format=\"HDF\">{}:/fields/{}</DataItem>\n"
        "        </Attribute>\n",
        name, type, shape, integer ? "Int" : "Float", file, name);
}

template <int Dim>
std::string entry_text(const Grid<Dim>& grid, double pitch, const SeriesEntry& entry)
{
    const std::string mesh = Dim == 2 ? "2DCoRectMesh" : "3DCoRectMesh";
    const std::string origin = Dim == 2 ? "ORIGIN_DXDY" : "ORIGIN_DXDYDZ";
    const std::vector<double> zero(Dim, 0.0);
    const std::vector<double> step(Dim, pitch);
    std::string text = fmt::format(
        "      <Grid Name=\"cell\" GridType=\"Uniform\">\n"
        "        <Time Value=\"{}\"/>\n"
        "        <Topology TopologyType=\"{}\" Dimensions=\"{}\"/>\n"
        "        <Geometry GeometryType=\"{}\">\n"
        "          <DataItem Dimensions=\"{}\" NumberType=\"Float\" Precision=\"8\" Format=\"XML\">{}</DataItem>\n"
        "          <DataItem Dimensions=\"{}\" NumberType=\"Float\" Precision=\"8\" Format=\"XML\">{}</DataItem>\n"
        "        </Geometry>\n",
        entry.strain, mesh, sizes(grid, 1), origin, Dim, fmt::join(zero, " "), Dim, fmt::join(step, " "));
    for (const char* name : {"plastic_strain", "stress"}) text += attribute(grid, entry.file, name, tensor_size<Dim>, false);
    for (const char* name : {"von_mises_strain", "softening"}) text += attribute(grid, entry.file, name, 1, false);
    return text + attribute(grid, entry.file, "generation", 1, true) + "      </Grid>\n";
}

}  // namespace

template <int Dim>
void write_series(const std::filesystem::path& path, const Grid<Dim>& grid, double pitch, const std::vector<SeriesEntry>& entries)
{
    std::string text =
        "<?xml version=\"1.0\"?>\n<!-- Open with ParaView's \"XDMF Reader\"; the time of a step is its applied strain. -->\n"
        "<Xdmf Version=\"2.0\">\n  <Domain>\n    <Grid Name=\"snapshots\" GridType=\"Collection\" CollectionType=\"Temporal\">\n";
    for (const auto& entry : entries) text += entry_text(grid, pitch, entry);
    write_text(path, text + "    </Grid>\n  </Domain>\n</Xdmf>\n");
}

template void write_series<2>(const std::filesystem::path&, const Grid<2>&, double, const std::vector<SeriesEntry>&);
template void write_series<3>(const std::filesystem::path&, const Grid<3>&, double, const std::vector<SeriesEntry>&);

}  // namespace shearwater
