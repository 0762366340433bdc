#include <shearwater/io/row_writer.hpp>

#include <algorithm>
#include <cstring>
#include <numeric>

#include <shearwater/parallel/mpi_error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Number of voxels of whole rows that are written at once, or one row if that is longer. It limits the memory of buffers whatever the size of the
/// box.
constexpr int voxels_at_once = 1 << 16;

template <int Dim>
std::vector<Box<Dim>> cut(const Grid<Dim>& grid, const Box<Dim>& box)
{
    const int rows_at_once = std::max(1, voxels_at_once / grid.size[0]);
    std::vector<Box<Dim>> layers;
    if constexpr (Dim == 2) {
        layers.push_back(box);
    } else {
        for (int z = box.begin[2]; z < box.end[2]; ++z) {
            layers.push_back(box);
            layers.back().begin[2] = z;
            layers.back().end[2] = z + 1;
        }
    }
    std::vector<Box<Dim>> parts;
    for (Box<Dim> part : layers) {
        for (int y = box.begin[1]; y < box.end[1]; y += rows_at_once) {
            part.begin[1] = y;
            part.end[1] = std::min(y + rows_at_once, box.end[1]);
            parts.push_back(part);
        }
    }
    return parts;
}

/// Communicator of the ranks whose boxes differ only along x. Collective.
template <int Dim>
Communicator sharing_rows(const Communicator& comm, const Grid<Dim>& grid, const Box<Dim>& box)
{
    Index<Dim> row = box.begin;
    row[0] = 0;
    // The id of the first row may exceed the range of a colour; therefore the colour is the first rank whose box begins in that row.
    const std::int64_t mine = grid.id(row);
    std::vector<std::int64_t> all(static_cast<std::size_t>(comm.size()));
    check_mpi(MPI_Allgather(&mine, 1, MPI_INT64_T, all.data(), 1, MPI_INT64_T, comm.get()), "MPI_Allgather");
    return comm.split(static_cast<int>(std::find(all.begin(), all.end(), mine) - all.begin()));
}

std::vector<int> gather_widths(const Communicator& row, int mine)
{
    std::vector<int> widths(static_cast<std::size_t>(row.size()));
    check_mpi(MPI_Allgather(&mine, 1, MPI_INT, widths.data(), 1, MPI_INT, row.get()), "MPI_Allgather");
    return widths;
}

/// Joins the rows of all ranks. @param pieces  data of the ranks one after the other, each of `rows` rows  @param lengths  row lengths of the ranks
/// [bytes]
std::vector<std::byte> joined(const std::vector<std::byte>& pieces, const std::vector<int>& lengths, int rows)
{
    const std::int64_t length = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
    std::vector<std::byte> whole(pieces.size());
    const std::byte* from = pieces.data();
    std::int64_t start = 0;
    for (const int piece : lengths) {
        for (int row = 0; row < rows; ++row, from += piece) std::memcpy(whole.data() + row * length + start, from, static_cast<std::size_t>(piece));
        start += piece;
    }
    return whole;
}

}  // namespace

template <int Dim>
RowWriter<Dim>::RowWriter(const Communicator& comm, const std::filesystem::path& file, const Grid<Dim>& grid, const Box<Dim>& box)
    : comm_(comm), grid_(grid), row_(sharing_rows(comm, grid, box)), widths_(gather_widths(row_, box.extent(0))), parts_(cut(grid, box))
{
    if (row_.is_root()) attempt([&] { file_.emplace(file, OutputFile::Purpose::Fill); });
}

template <int Dim>
void RowWriter<Dim>::write(std::int64_t place, std::int64_t bytes_per_voxel, const Box<Dim>& part, std::span<const std::byte> values)
{
    const auto pieces = gather_on_root(row_, values);
    if (!row_.is_root()) return;
    std::vector<int> lengths;
    for (const int width : widths_) lengths.push_back(static_cast<int>(width * bytes_per_voxel));
    Index<Dim> first = part.begin;
    first[0] = 0;
    attempt([&] { file_->write_at(place + grid_.id(first) * bytes_per_voxel, joined(pieces, lengths, part.extent(1))); });
}

template <int Dim>
void RowWriter<Dim>::finish()
{
    if (row_.is_root()) attempt([&] { file_->finish(); });
    agree_on_success(comm_, error_);
}

template <int Dim>
template <class Work>
void RowWriter<Dim>::attempt(Work&& work)
{
    if (!error_.empty()) return;
    try {
        work();
    } catch (const std::exception& error) {
        error_ = error.what();
    }
}

template class RowWriter<2>;
template class RowWriter<3>;

}  // namespace shearwater
