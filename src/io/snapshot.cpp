#include <shearwater/io/snapshot.hpp>

#include <span>

#include <shearwater/hdf5/file.hpp>
#include <shearwater/io/provenance.hpp>

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

template <int Dim>
class FieldWriter {
  public:
    FieldWriter(Hdf5File& file, const Grid<Dim>& grid, const Box<Dim>& box) : file_(file), grid_(grid), box_(box) {}

    template <class Value>
    void write(const std::string& name, const Meaning& meaning, std::span<const Value> values, int components) const
    {
        Index<Dim> extent{};
        for (int axis = 0; axis < Dim; ++axis) extent[axis] = box_.extent(axis);
        Slab slab{axes<Dim>(box_.begin, components), axes<Dim>(extent, components)};
        if (components > 1) slab.start.back() = 0;
        file_.dataset("/fields/" + name, meaning, axes<Dim>(grid_.size, components), slab, values);
    }

    void write(const std::string& name, const Meaning& meaning, const std::vector<SymmetricTensor<Dim>>& tensors) const
    {
        const auto* first = tensors.empty() ? nullptr : tensors.front().data();
        write(name, meaning, std::span<const double>(first, tensors.size() * tensor_size<Dim>), tensor_size<Dim>);
    }

  private:
    Hdf5File& file_;
    const Grid<Dim>& grid_;
    const Box<Dim>& box_;
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
    const FieldWriter<Dim> writer(file, grid, box);
    writer.write("plastic_strain", {"1", "accumulated plastic strain (eigenstrain) of the voxel, tensor " + components}, fields.plastic_strain);
    writer.write("stress", {"GPa", "mean stress of the voxel, tensor " + components}, fields.stress);
    writer.write("von_mises_strain", {"1", "von Mises strain sqrt(1/2 e:e) of the plastic strain"}, std::span<const double>(fields.von_mises_strain),
                 1);
    writer.write("generation", {"1", "how often the voxel has transformed"}, std::span<const std::int64_t>(fields.generation), 1);
    writer.write("softening", {"1", "softening eta of the voxel, permanent and temporary"}, std::span<const double>(fields.softening), 1);
    file.finish();
}

template void write_snapshot<2>(const Communicator&, const std::filesystem::path&, const Grid<2>&, const Box<2>&, const SnapshotHeader&,
                                const SnapshotFields<2>&);
template void write_snapshot<3>(const Communicator&, const std::filesystem::path&, const Grid<3>&, const Box<3>&, const SnapshotHeader&,
                                const SnapshotFields<3>&);

}  // namespace shearwater
