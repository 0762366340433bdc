#include <shearwater/kmc/candidate_clocks.hpp>

#include <algorithm>
#include <limits>

#include <shearwater/core/error.hpp>

namespace shearwater {

CandidateClocks::CandidateClocks(int tiles) : tiles_(tiles)
{
    auto players = static_cast<std::size_t>(tiles);
    do {
        const std::size_t groups = (players + group_size - 1) / group_size;
        Group nobody;
        nobody.times.fill(PreciseTime(std::numeric_limits<double>::infinity()));
        rounds_.push_back({std::vector<Group>(groups, nobody), std::vector<std::uint8_t>(groups, 0)});
        players = groups;
    } while (players > 1);
}

void CandidateClocks::set(int tile, const PreciseTime& time)
{
    auto player = static_cast<std::size_t>(tile);
    PreciseTime earliest = time;
    for (Round& round : rounds_) {
        auto& times = round.groups[player / group_size].times;
        std::uint8_t& winner = round.winners[player / group_size];
        const std::size_t place = player % group_size;
        times[place] = earliest;
        const auto first = static_cast<std::size_t>(std::min_element(times.begin(), times.end()) - times.begin());
        // The winner is another player, whose time has not changed: later rounds stay the same.
        if (first != place && first == winner) return;
        winner = static_cast<std::uint8_t>(first);
        earliest = times[first];
        player /= group_size;
    }
}

void CandidateClocks::prefetch(int tile) const noexcept
{
    constexpr std::size_t line = 64 / sizeof(PreciseTime);
    auto player = static_cast<std::size_t>(tile) / group_size;
    for (std::size_t round = 0; round < rounds_.size() && round < 2; ++round, player /= group_size)
        for (std::size_t i = 0; i < group_size; i += line) __builtin_prefetch(&rounds_[round].groups[player].times[i], 1);
}

void CandidateClocks::visit(Archive& archive)
{
    std::vector<PreciseTime> times;
    for (int tile = 0; tile < tiles_; ++tile) times.push_back(time(tile));
    archive("times", times);
    if (!archive.reads()) return;
    SHEARWATER_EXPECTS(std::ssize(times) == tiles_);
    for (int tile = 0; tile < tiles_; ++tile) set(tile, times[tile]);
}

int CandidateClocks::first() const noexcept
{
    if (tiles_ == 0) return -1;
    std::size_t player = 0;
    for (std::size_t round = rounds_.size(); round-- > 0;) player = player * group_size + rounds_[round].winners[player];
    return static_cast<int>(player);
}

}  // namespace shearwater
