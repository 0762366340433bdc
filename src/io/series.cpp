#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/core/tensor.hpp>
#include <shearwater/io/snapshot.hpp>
#include <shearwater/io/text_file.hpp>

namespace shearwater {

namespace {

/// Components of the files (xx yy zz yz xz xy) in the order XX YY ZZ XY YZ XZ, by which ParaView names six components whatever they are.
constexpr std::array<int, 6> paraview_order{0, 1, 2, 5, 3, 4};

/// Name of a tensor component of the files, e.g. xy.
template <int Dim>
std::string letters_of(int component)
{
    constexpr std::string_view letters = "xyz";
    const auto axes = axes_of<Dim>(component);
    return {letters[axes[0]], letters[axes[1]]};
}

/// The XML of one grid of the series, which is the cell at one snapshot. A 2D cell is written as one layer of voxels in the x-y plane, because
/// ParaView would place a 2D mesh in the y-z plane.
template <int Dim>
class EntryText {
  public:
    EntryText(const Grid<Dim>& grid, const std::vector<SeriesField>& fields, const SeriesEntry& entry) : fields_(fields), entry_(entry)
    {
        for (int axis = Dim - 1; axis >= 0; --axis) lattice_.push_back(grid.size[axis]);
        cell_ = lattice_;
        if (Dim == 2) cell_.insert(cell_.begin(), 1);
    }

    /// @param pitch  edge of a voxel [nm]
    [[nodiscard]] std::string operator()(double pitch) const
    {
        std::vector<int> corners;
        for (const int voxels : cell_) corners.push_back(voxels + 1);
        std::string text = fmt::format(
            "      <Grid Name=\"cell\" GridType=\"Uniform\">\n"
            "        <Time Value=\"{0}\"/>\n"
            "        <Topology TopologyType=\"3DCoRectMesh\" Dimensions=\"{1}\"/>\n"
            "        <Geometry GeometryType=\"ORIGIN_DXDYDZ\">\n"
            "          <DataItem Dimensions=\"3\" NumberType=\"Float\" Precision=\"8\" Format=\"XML\">0 0 0</DataItem>\n"
            "          <DataItem Dimensions=\"3\" NumberType=\"Float\" Precision=\"8\" Format=\"XML\">{2} {2} {2}</DataItem>\n"
            "        </Geometry>\n",
            entry_.load, fmt::join(corners, " "), pitch);
        for (const SeriesField& field : fields_) text += field.components > 1 ? tensor(field) : scalar(field.name, field);
        return text + "      </Grid>\n";
    }

  private:
    /// Attributes of a tensor field: in 3D one of six components, in 2D one for every component, because ParaView would interpret three components as
    /// a vector.
    [[nodiscard]] std::string tensor(const SeriesField& field) const
    {
        std::string text;
        if constexpr (Dim == 2) {
            for (int component = 0; component < tensor_size<2>; ++component)
                text += scalar(field.name + "_" + letters_of<2>(component), field, component);
        } else {
            text = attribute(field.name, "Matrix", joined(field));
        }
        return text;
    }

    [[nodiscard]] std::string scalar(const std::string& name, const SeriesField& field, int component = 0) const
    {
        return attribute(name, "Scalar", array(field, component));
    }

    [[nodiscard]] static std::string attribute(const std::string& name, std::string_view type, const std::string& item)
    {
        return fmt::format("        <Attribute Name=\"{}\" AttributeType=\"{}\" Center=\"Cell\">\n{}        </Attribute>\n", name, type, item);
    }

    /// All components of a tensor in ParaView's order, joined into one array.
    [[nodiscard]] std::string joined(const SeriesField& field) const
    {
        std::vector<std::string> places;
        std::string arrays;
        for (const int component : paraview_order) {
            places.push_back(fmt::format("${}", places.size()));
            arrays += array(field, component);
        }
        return fmt::format(
            "          <DataItem ItemType=\"Function\" Function=\"JOIN({})\" Dimensions=\"{} {}\" NumberType=\"Float\" Precision=\"8\">\n{}"
            "          </DataItem>\n",
            fmt::join(places, " , "), fmt::join(cell_, " "), places.size(), arrays);
    }

    /// One component of a field as an array with the axes z, y and x. If several ranks of ParaView read parts of an array, it must have the axes of
    /// the cell.
    [[nodiscard]] std::string array(const SeriesField& field, int component) const
    {
        if (field.components == 1 && lattice_ == cell_) return dataset(field);
        auto begin = std::vector<int>(lattice_.size(), 0);
        auto count = lattice_;
        if (field.components > 1) {
            begin.push_back(component);
            count.push_back(1);
        }
        const std::vector<int> stride(begin.size(), 1);
        return fmt::format(
            "          <DataItem ItemType=\"HyperSlab\" Dimensions=\"{}\" {}>\n"
            "          <DataItem Dimensions=\"3 {}\" NumberType=\"Int\" Format=\"XML\">{}  {}  {}</DataItem>\n{}"
            "          </DataItem>\n",
            fmt::join(cell_, " "), number(field), begin.size(), fmt::join(begin, " "), fmt::join(stride, " "), fmt::join(count, " "), dataset(field));
    }

    [[nodiscard]] std::string dataset(const SeriesField& field) const
    {
        auto shape = lattice_;
        if (field.components > 1) shape.push_back(field.components);
        return fmt::format("          <DataItem Dimensions=\"{}\" {} Format=\"HDF\">{}:/fields/{}</DataItem>\n", fmt::join(shape, " "), number(field),
                           entry_.file, field.name);
    }

    [[nodiscard]] static std::string number(const SeriesField& field)
    {
        return fmt::format("NumberType=\"{}\" Precision=\"8\"", field.is_integer ? "Int" : "Float");
    }

    const std::vector<SeriesField>& fields_;
    const SeriesEntry& entry_;
    std::vector<int> lattice_;  ///< numbers of voxels along z, y, x; in 2D along y, x
    std::vector<int> cell_;     ///< numbers of voxels along z, y, x; in 2D one along z
};

}  // namespace

template <int Dim>
void write_series(const std::filesystem::path& path, const Grid<Dim>& grid, double pitch, const std::vector<SeriesField>& fields,
                  const std::vector<SeriesEntry>& entries)
{
    std::string text =
        "<?xml version=\"1.0\"?>\n<!-- Open with ParaView's \"XDMF Reader\"; the time of a step is its applied strain (held loads: its time in s). "
        "-->\n"
        "<Xdmf Version=\"2.0\">\n  <Domain>\n    <Grid Name=\"snapshots\" GridType=\"Collection\" CollectionType=\"Temporal\">\n";
    for (const auto& entry : entries) text += EntryText<Dim>(grid, fields, entry)(pitch);
    write_text(path, text + "    </Grid>\n  </Domain>\n</Xdmf>\n");
}

template void write_series<2>(const std::filesystem::path&, const Grid<2>&, double, const std::vector<SeriesField>&, const std::vector<SeriesEntry>&);
template void write_series<3>(const std::filesystem::path&, const Grid<3>&, double, const std::vector<SeriesField>&, const std::vector<SeriesEntry>&);

}  // namespace shearwater
