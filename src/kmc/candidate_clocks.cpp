#include <shearwater/kmc/candidate_clocks.hpp>

#include <limits>

namespace shearwater {

CandidateClocks::CandidateClocks(int tiles) : times_(tiles, PreciseTime(std::numeric_limits<double>::infinity()))
{
    if (tiles == 0) return;
    while (leaves_ < tiles) leaves_ *= 2;
    winners_.assign(2 * leaves_, -1);
    for (int tile = 0; tile < tiles; ++tile) winners_[leaves_ + tile] = tile;
    for (int node = leaves_ - 1; node > 0; --node) winners_[node] = earlier(winners_[2 * node], winners_[2 * node + 1]);
    if (leaves_ == 1) winners_[1] = 0;
}

int CandidateClocks::earlier(int a, int b) const noexcept
{
    if (a < 0 || b < 0) return a < 0 ? b : a;
    return times_[b] < times_[a] ? b : a;
}

void CandidateClocks::set(int tile, const PreciseTime& time)
{
    times_[tile] = time;
    for (int node = (leaves_ + tile) / 2; node > 0; node /= 2) {
        const int winner = earlier(winners_[2 * node], winners_[2 * node + 1]);
        // Another tile keeps its place, with the time that it had: nothing changes further up.
        if (winner != tile && winner == winners_[node]) return;
        winners_[node] = winner;
    }
}

}  // namespace shearwater
