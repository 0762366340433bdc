#include <shearwater/io/event_log.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/output_file.hpp>
#include <shearwater/core/tensor.hpp>
#include <shearwater/hdf5/file.hpp>

namespace shearwater {

template <int Dim>
EventLog<Dim>::EventLog(std::filesystem::path folder, std::vector<Column> more, std::chrono::seconds patience)
    : folder_(std::move(folder)), more_(std::move(more)), patience_(patience), values_(more_.size())
{
    make_folder(folder_);
}

template <int Dim>
void EventLog<Dim>::add(std::span<const Event> events, std::span<const std::vector<double>> values)
{
    SHEARWATER_EXPECTS(values.size() == values_.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        last_.push_back(events[i]);
        for (std::size_t column = 0; column < values.size(); ++column) values_[column].push_back(values[column][i]);
        if (last_.size() < events_per_file) continue;
        flush();
        last_.clear();
        for (auto& column : values_) column.clear();
        written_ = 0;
        ++full_files_;
    }
}

template <int Dim>
void EventLog<Dim>::flush()
{
    if (written_ < last_.size()) write_file();
    written_ = last_.size();
    flushed_ = Clock::now();
}

template <int Dim>
void EventLog<Dim>::flush_if_due()
{
    if (written_ < last_.size() && Clock::now() - flushed_ >= patience_) flush();
}

template <int Dim>
void EventLog<Dim>::write_file() const
{
    Hdf5File file(folder_ / fmt::format("events_{:06d}.h5", full_files_ + 1));
    const hsize_t count = last_.size();
    const auto integers = [&](const char* name, const char* description, auto&& value) {
        std::vector<std::int64_t> values;
        for (const Event& event : last_) values.push_back(value(event));
        file.dataset(name, {"1", description}, {count}, std::span<const std::int64_t>(values));
    };
    const auto numbers = [&](const char* name, const char* unit, const char* description, auto&& value) {
        std::vector<double> values;
        for (const Event& event : last_) values.push_back(value(event));
        file.dataset(name, {unit, description}, {count}, std::span<const double>(values));
    };
    std::int64_t sequence = full_files_ * static_cast<std::int64_t>(events_per_file);
    integers("sequence", "number of the event, from 0", [&](const Event&) { return sequence++; });
    numbers("time_high", "s", "time of the event is time_high + time_low", [](const Event& e) { return e.time.high(); });
    numbers("time_low", "s", "see time_high", [](const Event& e) { return e.time.low(); });
    integers("voxel", "voxel id, x + nx (y + ny z)", [](const Event& e) { return e.voxel; });
    integers("mode", "mode of the voxel's catalogue", [](const Event& e) { return std::int64_t{e.mode}; });
    integers("generation", "events of the voxel before this one", [](const Event& e) { return std::int64_t{e.generation}; });
    numbers("barrier", "eV", "barrier Q of the mode when it transformed", [](const Event& e) { return e.barrier; });
    integers("athermal", "1 if the barrier had vanished, 0 if the event was thermal", [](const Event& e) { return std::int64_t{e.athermal}; });
    integers("reversal", "1 if the strain turns back the last event of the voxel", [](const Event& e) { return std::int64_t{e.reversal}; });
    std::vector<double> strains;
    for (const Event& event : last_) {
        Deviator<Dim> coefficients{};
        std::copy_n(event.strain.begin(), coefficients.size(), coefficients.begin());
        const auto tensor = from_deviator<Dim>(coefficients);
        strains.insert(strains.end(), tensor.begin(), tensor.end());
    }
    file.dataset("strain", {"1", Dim == 2 ? "tensor strain of the event: xx yy xy" : "tensor strain of the event: xx yy zz yz xz xy"},
                 {count, tensor_size<Dim>}, std::span<const double>(strains));
    for (std::size_t column = 0; column < more_.size(); ++column)
        file.dataset(more_[column].name, {more_[column].unit, more_[column].description}, {count}, std::span<const double>(values_[column]));
    file.finish();
}

template class EventLog<2>;
template class EventLog<3>;

}  // namespace shearwater
