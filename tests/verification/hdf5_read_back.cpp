// Ranks: 8

#include <random>

#include <hdf5.h>

#include <shearwater/hdf5/handle.hpp>
#include <shearwater/io/snapshot.hpp>
#include <shearwater/lattice/partition.hpp>

#include "program.hpp"
#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

constexpr int components = 3;
constexpr const char* field = "/fields/stress";

std::vector<int> random_cuts(int size, int parts, std::mt19937& generator)
{
    std::vector<int> cuts{0, size};
    while (static_cast<int>(cuts.size()) < parts + 1) {
        const int cut = std::uniform_int_distribution<int>(1, size - 1)(generator);
        if (std::find(cuts.begin(), cuts.end(), cut) == cuts.end()) cuts.push_back(cut);
    }
    std::sort(cuts.begin(), cuts.end());
    return cuts;
}

Partition<2> random_partition(int ranks, std::mt19937& generator)
{
    const Grid<2> grid{{std::uniform_int_distribution<int>(9, 60)(generator), std::uniform_int_distribution<int>(9, 60)(generator)}};
    std::vector<int> divisors;
    for (int d = 1; d <= ranks; ++d)
        if (ranks % d == 0) divisors.push_back(d);
    const int columns = divisors[std::uniform_int_distribution<std::size_t>(0, divisors.size() - 1)(generator)];
    return {grid, {random_cuts(grid.size[0], columns, generator), random_cuts(grid.size[1], ranks / columns, generator)}};
}

double value_at(std::int64_t voxel, int component)
{
    return 1.0 + static_cast<double>(voxel * components + component);
}

/// A snapshot whose stresses tell their own place, as the program writes it. Collective on `part`.
void write_by_rows(const std::filesystem::path& path, MPI_Comm part, const Partition<2>& partition)
{
    const Communicator comm(part);
    const auto box = partition.box(comm.rank());
    const std::function<SymmetricTensor<2>(std::int64_t)> stress = [&](std::int64_t local) {
        const auto voxel = partition.grid().id(box.index(local));
        return SymmetricTensor<2>{value_at(voxel, 0), value_at(voxel, 1), value_at(voxel, 2)};
    };
    const std::function<double(std::int64_t)> softening = [](std::int64_t) { return 0.0; };
    const std::function<std::int64_t(std::int64_t)> generation = [](std::int64_t) { return std::int64_t{0}; };
    const std::vector<SnapshotDataset<2>> fields{
        {"softening", {"1", ""}, softening}, {"stress", {"GPa", ""}, stress}, {"generation", {"1", ""}, generation}};
    write_snapshot<2>(comm, path, partition.grid(), box, SnapshotHeader{}, fields);
}

MPI_Comm cartesian(MPI_Comm part, const Partition<2>& partition)
{
    const auto grid = partition.process_grid();
    const std::array<int, 2> sizes{grid[1], grid[0]};
    const std::array<int, 2> periods{1, 1};
    MPI_Comm made = MPI_COMM_NULL;
    MPI_Cart_create(part, 2, sizes.data(), periods.data(), 0, &made);
    return made;
}

/// The same field written by all ranks through HDF5 and a Cartesian communicator. Collective on `part`.
void write_by_hdf5(const std::filesystem::path& path, MPI_Comm part, const Partition<2>& partition)
{
    MPI_Comm comm = cartesian(part, partition);
    int rank = 0;
    MPI_Comm_rank(comm, &rank);
    const auto box = partition.box(rank);
    const auto size = [](int n) { return static_cast<hsize_t>(n); };
    std::vector<double> values;
    for (std::int64_t voxel = 0; voxel < box.count(); ++voxel)
        for (int c = 0; c < components; ++c) values.push_back(value_at(partition.grid().id(box.index(voxel)), c));
    const std::array<hsize_t, 3> shape{size(partition.grid().size[1]), size(partition.grid().size[0]), components};
    const std::array<hsize_t, 3> start{size(box.begin[1]), size(box.begin[0]), 0};
    const std::array<hsize_t, 3> count{size(box.extent(1)), size(box.extent(0)), components};
    {
        const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "H5Pcreate");
        check_hdf5(H5Pset_fapl_mpio(access.get(), comm, MPI_INFO_NULL), "H5Pset_fapl_mpio");
        const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose, "H5Fcreate");
        const Hdf5Handle group(H5Gcreate2(file.get(), "/fields", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, "H5Gcreate2");
        const Hdf5Handle whole(H5Screate_simple(3, shape.data(), nullptr), H5Sclose, "H5Screate_simple");
        const Hdf5Handle mine(H5Screate_simple(3, count.data(), nullptr), H5Sclose, "H5Screate_simple");
        check_hdf5(H5Sselect_hyperslab(whole.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), "H5Sselect_hyperslab");
        const Hdf5Handle set(H5Dcreate2(file.get(), field, H5T_NATIVE_DOUBLE, whole.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose,
                             "H5Dcreate2");
        const Hdf5Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose, "H5Pcreate");
        check_hdf5(H5Pset_dxpl_mpio(transfer.get(), H5FD_MPIO_COLLECTIVE), "H5Pset_dxpl_mpio");
        check_hdf5(H5Dwrite(set.get(), H5T_NATIVE_DOUBLE, mine.get(), whole.get(), transfer.get(), values.data()), "H5Dwrite");
    }
    MPI_Comm_free(&comm);
}

/// Reads the file by one process and counts the values that are not in their place.
std::int64_t misplaced(const std::filesystem::path& path, const Grid<2>& grid)
{
    const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, "H5Fopen");
    const Hdf5Handle set(H5Dopen2(file.get(), field, H5P_DEFAULT), H5Dclose, "H5Dopen2");
    std::vector<double> values(static_cast<std::size_t>(grid.count() * components));
    check_hdf5(H5Dread(set.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "H5Dread");
    std::int64_t wrong = 0;
    for (std::int64_t voxel = 0; voxel < grid.count(); ++voxel)
        for (int c = 0; c < components; ++c) wrong += values[static_cast<std::size_t>(voxel * components + c)] != value_at(voxel, c) ? 1 : 0;
    return wrong;
}

struct Trial {
    int ranks;
    Partition<2> partition;
};

/// 203 decompositions for 2 to 8 ranks, the same on every rank.
std::vector<Trial> trials()
{
    std::mt19937 generator(20240);
    std::vector<Trial> all;
    for (int repeat = 0; repeat < 29; ++repeat)
        for (int ranks = 2; ranks <= 8; ++ranks) all.push_back({ranks, random_partition(ranks, generator)});
    return all;
}

/// How many of the trials come back with misplaced values from a way to write, given one communicator of the ranks that take part. Collective.
template <class Write>
int failing_trials(const std::filesystem::path& folder, const std::vector<Trial>& all, Write&& write)
{
    int failing = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto path = folder / ("trial_" + std::to_string(i) + ".h5");
        MPI_Comm part = MPI_COMM_NULL;
        const bool takes_part = world().rank() < all[i].ranks;
        MPI_Comm_split(world().get(), takes_part ? 0 : MPI_UNDEFINED, world().rank(), &part);
        if (takes_part) {
            write(path, part, all[i].partition);
            MPI_Comm_free(&part);
        }
        MPI_Barrier(world().get());
        failing += any(world(), world().is_root() && misplaced(path, all[i].partition.grid()) > 0) ? 1 : 0;
    }
    return failing;
}

}  // namespace

TEST_CASE("parallel writes come back in their place for 203 random decompositions", "[hdf5]")
{
    const test::TemporaryFolder folder(test::world());
    REQUIRE(failing_trials(folder.path(), trials(), write_by_rows) == 0);
}

TEST_CASE("through HDF5 and a Cartesian communicator they do not, which is one reason why only one rank uses HDF5", "[hdf5]")
{
    const test::TemporaryFolder folder(test::world());
    // The fault depends on timing: a few decompositions of a round come back wrong, sometimes none.
    int failing = 0;
    int rounds = 0;
    for (; failing == 0 && rounds < 20; ++rounds) failing = failing_trials(folder.path(), trials(), write_by_hdf5);
    if (world().is_root()) std::printf("%d of 203 decompositions come back wrong through a Cartesian communicator (round %d)\n", failing, rounds);
    // The fault is one of HDF5 1.10 with Open MPI 4.1; where libraries are newer, this test tells that the reason is gone.
    REQUIRE(failing > 0);
}
