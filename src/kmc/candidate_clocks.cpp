#include <shearwater/kmc/candidate_clocks.hpp>

#include <limits>

namespace shearwater {

CandidateClocks::CandidateClocks(int tiles) : tiles_(tiles)
{
    auto players = static_cast<std::size_t>(tiles);
    do {
        const std::size_t groups = (players + group_size - 1) / group_size;
        const PreciseTime never(std::numeric_limits<double>::infinity());
        rounds_.push_back({std::vector<PreciseTime>(groups * group_size, never), std::vector<std::uint8_t>(groups, 0)});
        players = groups;
    } while (players > 1);
}

void CandidateClocks::set(int tile, const PreciseTime& time)
{
    auto player = static_cast<std::size_t>(tile);
    PreciseTime earliest = time;
    for (Round& round : rounds_) {
        round.times[player] = earliest;
        const std::size_t group = player / group_size;
        const std::size_t begin = group * group_size;
        std::size_t winner = begin;
        for (std::size_t other = begin + 1; other < begin + group_size; ++other)
            if (round.times[other] < round.times[winner]) winner = other;
        // Another keeps its place, with the time that it had: nothing changes in later rounds.
        if (winner != player && winner == begin + round.winners[group]) return;
        round.winners[group] = static_cast<std::uint8_t>(winner - begin);
        earliest = round.times[winner];
        player = group;
    }
}

void CandidateClocks::prefetch(int tile) const noexcept
{
    constexpr std::size_t line = 64 / sizeof(PreciseTime);
    auto player = static_cast<std::size_t>(tile);
    for (std::size_t round = 0; round < rounds_.size() && round < 2; ++round, player /= group_size) {
        const std::size_t begin = player / group_size * group_size;
        for (std::size_t i = 0; i < group_size; i += line) __builtin_prefetch(&rounds_[round].times[begin + i], 1);
    }
}

int CandidateClocks::first() const noexcept
{
    if (tiles_ == 0) return -1;
    std::size_t player = 0;
    for (std::size_t round = rounds_.size(); round-- > 0;) player = player * group_size + rounds_[round].winners[player];
    return static_cast<int>(player);
}

}  // namespace shearwater
