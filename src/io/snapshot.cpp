#include <shearwater/io/snapshot.hpp>

#include <algorithm>
#include <span>
#include <type_traits>

#include <shearwater/hdf5/file.hpp>
#include <shearwater/io/provenance.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Axes of a dataset: those of the lattice, last first, and the component if there are several.
template <int Dim>
std::vector<hsize_t> axes(const Index<Dim>& lattice, int components)
{
    std::vector<hsize_t> axes;
    for (int axis = Dim - 1; axis >= 0; --axis) axes.push_back(static_cast<hsize_t>(lattice[axis]));
    if (components > 1) axes.push_back(static_cast<hsize_t>(components));
    return axes;
}

/// A value of a field as numbers in the file.
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

/// Writes fields in blocks of layers across the last axis, so that a block is all there is in memory besides what the fields come from.
template <int Dim>
class FieldWriter {
  public:
    /// Collective.
    FieldWriter(const Communicator& comm, Hdf5File& file, const Grid<Dim>& grid, const Box<Dim>& box) : file_(file), grid_(grid), box_(box)
    {
        constexpr std::int64_t voxels_at_once = 1 << 16;
        Box<Dim> layer = box;
        layer.end[Dim - 1] = layer.begin[Dim - 1] + 1;
        layers_at_once_ = static_cast<int>(std::max<std::int64_t>(1, voxels_at_once / std::max<std::int64_t>(1, layer.count())));
        const int blocks = (box.extent(Dim - 1) + layers_at_once_ - 1) / layers_at_once_;
        blocks_ = static_cast<int>(maximum(comm, blocks));
    }

    template <class Field>
    void write(const std::string& name, const Meaning& meaning, const Field& field) const
    {
        using Of = Numbers<typename Field::result_type>;
        using Type = typename Of::Type;
        const auto dataset = file_.make_dataset("/fields/" + name, meaning, axes<Dim>(grid_.size, Of::count), std::is_integral_v<Type>);
        std::vector<Type> values;
        std::int64_t voxel = 0;
        for (int block = 0; block < blocks_; ++block) {
            const auto part = block_of(block);
            values.clear();
            values.reserve(static_cast<std::size_t>(part.count() * Of::count));
            for (std::int64_t i = 0; i < part.count(); ++i) {
                const auto value = field(voxel++);
                values.insert(values.end(), Of::of(value), Of::of(value) + Of::count);
            }
            dataset.write(slab(part, Of::count), std::span<const Type>(values));
        }
    }

  private:
    /// The part of the box that a block holds; nothing if other ranks have more of them.
    [[nodiscard]] Box<Dim> block_of(int block) const
    {
        Box<Dim> part = box_;
        const int last = Dim - 1;
        part.begin[last] = std::min(box_.begin[last] + block * layers_at_once_, box_.end[last]);
        part.end[last] = std::min(part.begin[last] + layers_at_once_, box_.end[last]);
        return part;
    }

    [[nodiscard]] static Slab slab(const Box<Dim>& part, int components)
    {
        Index<Dim> extent{};
        for (int axis = 0; axis < Dim; ++axis) extent[axis] = part.extent(axis);
        Slab slab{axes<Dim>(part.begin, components), axes<Dim>(extent, components)};
        if (components > 1) slab.start.back() = 0;
        return slab;
    }

    Hdf5File& file_;
    const Grid<Dim>& grid_;
    const Box<Dim>& box_;
    int layers_at_once_;
    int blocks_;  ///< the same on every rank
};

void describe_origin(Hdf5File& file, const Communicator& comm, const SnapshotHeader& header)
{
    const auto origin = provenance();
    file.attribute("deck", header.deck);
    file.attribute("seed", header.seed);
    file.attribute("time", header.time.seconds());
    file.attribute("time_low", header.time - PreciseTime(header.time.seconds()));
    file.attribute("strain", header.strain);
    file.attribute("events", header.events);
    file.attribute("voxel_size_nm", header.pitch);
    file.attribute("petsc_options", header.petsc_options);
    file.attribute("ranks", static_cast<std::int64_t>(comm.size()));
    file.attribute("git_hash", origin.git_hash);
    file.attribute("version", origin.version);
    file.attribute("compiler", origin.compiler);
    file.attribute("mpi", origin.mpi);
    file.attribute("petsc", origin.petsc);
    file.attribute("hdf5", origin.hdf5);
    file.attribute("fftw", origin.fftw);
}

}  // namespace

template <int Dim>
void write_snapshot(const Communicator& comm, const std::filesystem::path& path, const Grid<Dim>& grid, const Box<Dim>& box,
                    const SnapshotHeader& header, const SnapshotFields<Dim>& fields)
{
    const std::string components = Dim == 2 ? "components xx yy xy" : "components xx yy zz yz xz xy";
    Hdf5File file(path, comm.get());
    describe_origin(file, comm, header);
    file.group("/fields");
    const FieldWriter<Dim> writer(comm, file, grid, box);
    writer.write("plastic_strain", {"1", "accumulated plastic strain (eigenstrain) of the voxel, tensor " + components}, fields.plastic_strain);
    writer.write("stress", {"GPa", "mean stress of the voxel, tensor " + components}, fields.stress);
    writer.write("von_mises_strain", {"1", "von Mises strain sqrt(1/2 e:e) of the plastic strain"}, fields.von_mises_strain);
    writer.write("generation", {"1", "how often the voxel has transformed"}, fields.generation);
    writer.write("softening", {"1", "softening eta of the voxel, permanent and temporary"}, fields.softening);
    file.finish();
}

template void write_snapshot<2>(const Communicator&, const std::filesystem::path&, const Grid<2>&, const Box<2>&, const SnapshotHeader&,
                                const SnapshotFields<2>&);
template void write_snapshot<3>(const Communicator&, const std::filesystem::path&, const Grid<3>&, const Box<3>&, const SnapshotHeader&,
                                const SnapshotFields<3>&);

}  // namespace shearwater
