#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include <shearwater/lattice/partition.hpp>
#include <shearwater/parallel/communicator.hpp>
#include <shearwater/parallel/message.hpp>
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
    /// Axes along which messages go.
    [[nodiscard]] int axes() const noexcept;

    /// Whether something at a voxel matters to the receiver of a stage.
    [[nodiscard]] bool is_wanted(const Stage& stage, const Index<Dim>& voxel) const noexcept;

  private:
    Grid<Dim> grid_;
    Box<Dim> box_;
    int radius_;
    std::vector<Stage> stages_;
};

template <int Dim, class Item, class At, class Less>
class HaloSpread;

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
    [[nodiscard]] std::vector<Item> spread(std::span<const Item> mine, At at, Less less)
    {
        return begin_spread<Item>(mine, at, less).finish();
    }

    /// Begins the same, to be finished after some other work, and before another is begun on this communicator. Collective.
    /// @param clock  work that the rank has done or waited for so far, see HaloSpread::clock
    template <class Item, class At, class Less>
    [[nodiscard]] HaloSpread<Dim, Item, At, Less> begin_spread(std::span<const Item> mine, At at, Less less, std::int64_t clock = 0)
    {
        return {*this, mine, at, less, clock};
    }

    [[nodiscard]] const HaloPlan<Dim>& plan() const noexcept { return plan_; }
    [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }

  private:
    template <int, class, class, class>
    friend class HaloSpread;

    /// A message on its way.
    struct Sent {
        std::size_t stage;
        Message<std::byte> message;
    };
    /// Sends the message of a stage, or only begins to.
    [[nodiscard]] Sent send(std::size_t stage, std::vector<std::byte> bytes);
    /// Waits for the message of the same stage from the opposite neighbour, and for that which was sent.
    [[nodiscard]] std::vector<std::byte> receive(Sent& sent);

    const Communicator& comm_;
    HaloPlan<Dim> plan_;
    Traffic traffic_;
};

/// An exchange on its way: messages along one axis travel while the rank does something else. Their lengths are not known to the receiver, so that they are
/// plain messages and neither persistent nor neighbourhood collectives. It must be finished, unless an exception unwinds: what was sent stays where it is
/// until then.
template <int Dim, class Item, class At, class Less>
class HaloSpread {
    static_assert(std::is_trivially_copyable_v<Item>);

  public:
    HaloSpread(HaloExchange<Dim>& exchange, std::span<const Item> mine, At at, Less less, std::int64_t clock)
        : exchange_(exchange), at_(at), less_(less), clock_(clock), held_(mine.begin(), mine.end()), mine_(mine.size())
    {
        send();
    }
    ~HaloSpread() = default;
    HaloSpread(const HaloSpread&) = delete;
    HaloSpread& operator=(const HaloSpread&) = delete;
    HaloSpread(HaloSpread&&) = delete;
    HaloSpread& operator=(HaloSpread&&) = delete;

    /// Counts work of this rank since the exchange was begun or was last advanced.
    void work(std::int64_t amount) noexcept { clock_ += amount; }
    /// When all messages so far would have come and all work would be done, if each unit of work took one unit of time and messages none. Every message
    /// carries the clock of its sender (Lamport 1978).
    [[nodiscard]] std::int64_t clock() const noexcept { return clock_; }

    /// Waits for what travels along the present axis, and sends along the next; nothing if all have had their turn. Collective.
    void advance()
    {
        const auto& stages = exchange_.plan().stages();
        for (std::size_t direct = 0; direct < sent_.size(); ++direct) {
            std::size_t last = take(exchange_.receive(sent_[direct]));  // where that begins which came in the stage before
            for (std::size_t stage = sent_[direct].stage + 1; stage < stages.size() && stages[stage].forwards; ++stage) {
                auto handed_on = exchange_.send(stage, wanted(stage, last, held_.size()));
                last = take(exchange_.receive(handed_on));
            }
        }
        send();
    }

    /// Waits for the rest. Collective. @return the items of other ranks
    [[nodiscard]] std::vector<Item> finish()
    {
        while (!sent_.empty()) advance();
        held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(mine_));
        std::erase_if(held_, [&](const Item& item) { return exchange_.plan().box().contains(at_(item)); });
        std::sort(held_.begin(), held_.end(), less_);
        const auto same = [&](const Item& a, const Item& b) { return !less_(a, b) && !less_(b, a); };
        held_.erase(std::unique(held_.begin(), held_.end(), same), held_.end());
        return std::move(held_);
    }

  private:
    /// Sends in both directions along the next axis what is held now: what comes along it may not turn back.
    void send()
    {
        const auto& stages = exchange_.plan().stages();
        sent_.clear();
        if (next_ == stages.size()) return;
        const int axis = stages[next_].axis;
        for (; next_ < stages.size() && stages[next_].axis == axis; ++next_)
            if (!stages[next_].forwards) sent_.push_back(exchange_.send(next_, wanted(next_, 0, held_.size())));
    }

    /// The clock, and what the receiver of a stage wants of the items [first, end).
    [[nodiscard]] std::vector<std::byte> wanted(std::size_t stage, std::size_t first, std::size_t end)
    {
        wanted_.clear();
        for (std::size_t i = first; i < end; ++i)
            if (exchange_.plan().is_wanted(exchange_.plan().stages()[stage], at_(held_[i]))) wanted_.push_back(held_[i]);
        const auto items = std::as_bytes(std::span<const Item>(wanted_));
        std::vector<std::byte> message(sizeof clock_ + items.size());
        std::memcpy(message.data(), &clock_, sizeof clock_);
        std::copy(items.begin(), items.end(), message.begin() + sizeof clock_);
        return message;
    }

    /// @return the place of the first item that came
    std::size_t take(const std::vector<std::byte>& bytes)
    {
        const std::size_t first = held_.size();
        const std::size_t count = (bytes.size() - sizeof clock_) / sizeof(Item);
        std::int64_t theirs = 0;
        std::memcpy(&theirs, bytes.data(), sizeof theirs);
        clock_ = std::max(clock_, theirs);
        held_.resize(first + count);
        if (count > 0) std::memcpy(held_.data() + first, bytes.data() + sizeof theirs, count * sizeof(Item));
        return first;
    }

    HaloExchange<Dim>& exchange_;
    At at_;
    Less less_;
    std::int64_t clock_;
    std::vector<Item> held_;
    std::size_t mine_;                                    ///< of them are this rank's
    std::size_t next_ = 0;                                ///< stage
    std::vector<typename HaloExchange<Dim>::Sent> sent_;  ///< along the present axis
    std::vector<Item> wanted_;
};

}  // namespace shearwater
