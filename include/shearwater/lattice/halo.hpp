#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include <shearwater/lattice/partition.hpp>
#include <shearwater/parallel/communicator.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// Who sends to whom so that every rank learns of everything that lies within a distance of its box: along x in both directions, then along y with what
/// came along x, and so on. So corners need no messages of their own, and a rank sends 2 messages per axis that is cut, however many ranks there are;
/// more only if the distance is longer than a box.
template <int Dim>
class HaloPlan {
  public:
    /// @param radius  distance along each axis up to which items matter to a rank [voxels]
    HaloPlan(const Partition<Dim>& partition, int rank, int radius);

    /// One message to a neighbour, and one from the opposite one.
    struct Stage {
        int axis = 0;
        int direction = 1;      ///< of the message along the axis, ±1
        bool forwards = false;  ///< sends on only what came in the stage before
        int to = 0;
        int from = 0;
        int begin = 0;  ///< the edge of the receiver's box that faces this rank: its first voxel along the axis, or its last
    };

    [[nodiscard]] const std::vector<Stage>& stages() const noexcept { return stages_; }
    [[nodiscard]] const Box<Dim>& box() const noexcept { return box_; }

    /// Whether the distance is longer than a box, so that neighbours hand on what came to them.
    [[nodiscard]] bool hands_on() const noexcept;

    /// Whether something at a voxel matters to the receiver of a stage.
    [[nodiscard]] bool is_wanted(const Stage& stage, const Index<Dim>& voxel) const noexcept;

  private:
    Grid<Dim> grid_;
    Box<Dim> box_;
    int radius_;
    std::vector<Stage> stages_;
};

/// Tells neighbours what lies near to them.
template <int Dim>
class HaloExchange {
  public:
    /// Keeps a reference to `comm`.
    HaloExchange(const Communicator& comm, HaloPlan<Dim> plan) : comm_(comm), plan_(std::move(plan)) {}

    /// The items of other ranks that lie within the plan's distance of this rank's box, in order. Collective.
    ///
    /// @param mine  items of this rank  @param at  at(item): the voxel where an item is
    /// @param less  a total order of items, by which the same item that came on two ways is told
    template <class Item, class At, class Less>
    [[nodiscard]] std::vector<Item> spread(std::span<const Item> mine, At&& at, Less&& less)
    {
        static_assert(std::is_trivially_copyable_v<Item>);
        std::vector<Item> held(mine.begin(), mine.end());
        std::size_t before_axis = held.size();  // what later axes have brought may not turn back on them
        std::size_t last = 0;                   // where that begins which came in the stage before
        std::vector<Item> sent;
        for (std::size_t s = 0; s < plan_.stages().size(); ++s) {
            const auto& stage = plan_.stages()[s];
            if (s > 0 && plan_.stages()[s - 1].axis != stage.axis) before_axis = held.size();
            const std::size_t first = stage.forwards ? last : 0;
            const std::size_t end = stage.forwards ? held.size() : before_axis;
            sent.clear();
            for (std::size_t i = first; i < end; ++i)
                if (plan_.is_wanted(stage, at(held[i]))) sent.push_back(held[i]);
            last = held.size();
            const auto bytes = exchange(static_cast<int>(s), std::as_bytes(std::span<const Item>(sent)));
            held.resize(last + bytes.size() / sizeof(Item));
            if (!bytes.empty()) std::memcpy(held.data() + last, bytes.data(), bytes.size());
        }
        held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(mine.size()));
        std::erase_if(held, [&](const Item& item) { return plan_.box().contains(at(item)); });
        std::sort(held.begin(), held.end(), less);
        const auto same = [&](const Item& a, const Item& b) { return !less(a, b) && !less(b, a); };
        held.erase(std::unique(held.begin(), held.end(), same), held.end());
        return held;
    }

    [[nodiscard]] const HaloPlan<Dim>& plan() const noexcept { return plan_; }
    [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }

  private:
    std::vector<std::byte> exchange(int stage, std::span<const std::byte> bytes);

    const Communicator& comm_;
    HaloPlan<Dim> plan_;
    Traffic traffic_;
};

}  // namespace shearwater
