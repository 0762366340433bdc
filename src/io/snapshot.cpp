#include <shearwater/io/snapshot.hpp>

#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <shearwater/hdf5/file.hpp>
#include <shearwater/io/provenance.hpp>
#include <shearwater/io/row_writer.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

constexpr std::int64_t bytes_per_number = 8;

/// Shape of a dataset: the axes of the lattice in the order z, y, x, followed by the components if there are several.
template <int Dim>
std::vector<hsize_t> axes(const Index<Dim>& lattice, int components)
{
    std::vector<hsize_t> axes;
    for (int axis = Dim - 1; axis >= 0; --axis) axes.push_back(static_cast<hsize_t>(lattice[axis]));
    if (components > 1) axes.push_back(static_cast<hsize_t>(components));
    return axes;
}

/// Conversion of a value of a field to the numbers stored in the file.
template <class Value>
struct Numbers {
    using Type = Value;
    static constexpr int count = 1;
    static const Type* of(const Value& value) { return &value; }
};

template <std::size_t N>
struct Numbers<std::array<double, N>> {
    using Type = double;
    static constexpr int count = static_cast<int>(N);
    static const Type* of(const std::array<double, N>& value) { return value.data(); }
};

/// A field and its position in the file.
template <int Dim>
struct PlacedField {
    const SnapshotDataset<Dim>& field;
    int components;
    bool is_integer;
    std::int64_t place = 0;  ///< offset of its values in the file [bytes]

    explicit PlacedField(const SnapshotDataset<Dim>& dataset) : field(dataset)
    {
        std::visit(
            [this]<class Value>(const std::function<Value(std::int64_t)>&) {
                static_assert(sizeof(typename Numbers<Value>::Type) == bytes_per_number);
                components = Numbers<Value>::count;
                is_integer = std::is_integral_v<typename Numbers<Value>::Type>;
            },
            dataset.value);
    }

    /// Appends the numbers of the voxels [first, first + count). @return first + count
    std::int64_t append(std::int64_t first, std::int64_t count, std::vector<std::byte>& values) const
    {
        std::visit(
            [&]<class Value>(const std::function<Value(std::int64_t)>& value_in) {
                for (std::int64_t voxel = first; voxel < first + count; ++voxel) {
                    const Value value = value_in(voxel);
                    const auto bytes = std::as_bytes(std::span(Numbers<Value>::of(value), Numbers<Value>::count));
                    values.insert(values.end(), bytes.begin(), bytes.end());
                }
            },
            field.value);
        return first + count;
    }
};

void describe_origin(Hdf5File& file, const Communicator& comm, const SnapshotHeader& header)
{
    file.attribute("deck", header.deck);
    file.attribute("seed", header.seed);
    file.attribute("time", header.time.seconds());
    file.attribute("time_low", header.time - PreciseTime(header.time.seconds()));
    file.attribute("strain", header.strain);
    file.attribute("events", header.events);
    file.attribute("voxel_size_nm", header.pitch);
    file.attribute("petsc_options", header.petsc_options);
    file.attribute("ranks", static_cast<std::int64_t>(comm.size()));
    for (const auto& [name, version] : provenance()) file.attribute(name, version);
}

/// Creates the file with all attributes and with datasets whose values are still to be written, and records the offsets of the values. On rank 0
/// only.
template <int Dim>
void lay_out(Hdf5File& file, const Communicator& comm, const Grid<Dim>& grid, const SnapshotHeader& header, std::vector<PlacedField<Dim>>& columns)
{
    describe_origin(file, comm, header);
    file.group("/fields");
    for (auto& column : columns)
        column.place = file.reserve("/fields/" + column.field.name, column.field.meaning, axes<Dim>(grid.size, column.components), column.is_integer);
    file.close();
}

/// Writes the values of all fields part by part, so that only the values of one part are in memory. Collective.
template <int Dim>
void write_values(const Communicator& comm, const std::filesystem::path& file, const Grid<Dim>& grid, const Box<Dim>& box,
                  const std::vector<PlacedField<Dim>>& columns)
{
    RowWriter<Dim> writer(comm, file, grid, box);
    std::vector<std::byte> values;
    for (const auto& column : columns) {
        std::int64_t voxel = 0;
        for (const Box<Dim>& part : writer.parts()) {
            values.clear();
            voxel = column.append(voxel, part.count(), values);
            writer.write(column.place, column.components * bytes_per_number, part, values);
        }
    }
    writer.finish();
}

}  // namespace

template <int Dim>
void write_snapshot(const Communicator& comm, const std::filesystem::path& path, const Grid<Dim>& grid, const Box<Dim>& box,
                    const SnapshotHeader& header, const std::vector<SnapshotDataset<Dim>>& fields)
{
    std::vector<PlacedField<Dim>> columns(fields.begin(), fields.end());
    std::optional<Hdf5File> file;  // on rank 0
    on_root(comm, [&] { lay_out(file.emplace(path), comm, grid, header, columns); });
    for (auto& column : columns) column.place = broadcast(comm, column.place);
    write_values(comm, Hdf5File::temporary_name(path), grid, box, columns);
    on_root(comm, [&] { file->finish(); });
}

template void write_snapshot<2>(const Communicator&, const std::filesystem::path&, const Grid<2>&, const Box<2>&, const SnapshotHeader&,
                                const std::vector<SnapshotDataset<2>>&);
template void write_snapshot<3>(const Communicator&, const std::filesystem::path&, const Grid<3>&, const Box<3>&, const SnapshotHeader&,
                                const std::vector<SnapshotDataset<3>>&);

}  // namespace shearwater
