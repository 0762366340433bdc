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

/// The communication pattern of a halo exchange, after which every rank has all items within a given distance of its box.
///
/// Ranks exchange along x in both directions, then along y, where they forward what they received along x, and then along z. Corners therefore need
/// no messages of their own, and a rank sends 2 messages for every axis that is cut, whatever the number of ranks. More messages are sent only if the
/// distance exceeds the width of a box.
template <int Dim>
class HaloPlan {
  public:
    /// @param radius  distance along each axis up to which a rank needs items [voxels]
    HaloPlan(const Partition<Dim>& partition, int rank, int radius);

    /// A message to one neighbour and a message from the opposite neighbour.
    struct Stage {
        int axis = 0;
        int direction = 1;      ///< direction of the message along the axis, ±1
        bool forwards = false;  ///< forwards only the items received in the previous stage
        int to = 0;             ///< rank that receives
        int from = 0;           ///< rank whose message this rank receives
        int begin = 0;          ///< face of the receiver's box towards this rank: its first or its last voxel along the axis
    };

    [[nodiscard]] const std::vector<Stage>& stages() const noexcept { return stages_; }
    [[nodiscard]] const Box<Dim>& box() const noexcept { return box_; }

    /// Whether the distance exceeds the width of a box, so that neighbours must forward items that they received.
    [[nodiscard]] bool hands_on() const noexcept;
    /// Number of axes along which messages are sent.
    [[nodiscard]] int axes() const noexcept;

    /// Whether the receiver of a stage needs an item at a voxel.
    [[nodiscard]] bool is_wanted(const Stage& stage, const Index<Dim>& voxel) const noexcept;

  private:
    Grid<Dim> grid_;
    Box<Dim> box_;
    int radius_;
    std::vector<Stage> stages_;
};

template <int Dim, class Item, class At, class Less>
class HaloSpread;

/// Sends items to all ranks whose boxes lie within a distance of them.
template <int Dim>
class HaloExchange {
  public:
    /// Keeps a reference to `comm`. Not collective.
    HaloExchange(const Communicator& comm, HaloPlan<Dim> plan) : comm_(comm), plan_(std::move(plan)) {}

    /// Returns the items of other ranks that lie within the plan's distance of this rank's box, sorted. Collective.
    ///
    /// @param mine  items of this rank
    /// @param at    at(item) is the voxel of an item
    /// @param less  strict total order of items; it also identifies an item that arrives on two paths
    template <class Item, class At, class Less>
    [[nodiscard]] std::vector<Item> spread(std::span<const Item> mine, At at, Less less)
    {
        return begin_spread<Item>(mine, at, less).finish();
    }

    /// Starts the same exchange without waiting for it. Collective. It must be finished before another exchange is started on this communicator.
    /// @param clock  logical clock of this rank (HaloSpread::clock)
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

    /// A message in transit.
    struct Sent {
        std::size_t stage;
        Message<std::byte> message;
    };
    /// Starts to send the message of a stage.
    [[nodiscard]] Sent send(std::size_t stage, std::vector<std::byte> bytes);
    /// Waits for the message of the same stage from the opposite neighbour and for the completion of the one sent.
    [[nodiscard]] std::vector<std::byte> receive(Sent& sent);

    const Communicator& comm_;
    HaloPlan<Dim> plan_;
    Traffic traffic_;
};

/// A halo exchange in progress. Messages along one axis are in transit while the rank does other work. It must be finished unless an exception
/// unwinds, because it owns the buffers of the messages. Receivers do not know the lengths of messages in advance; therefore neither persistent
/// requests nor neighbourhood collectives are used.
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

    /// Advances the logical clock by work that this rank has done since the exchange was started or last advanced.
    void work(std::int64_t amount) noexcept { clock_ += amount; }
    /// Logical clock of this rank (L. Lamport, Commun. ACM 21 (1978) 558): the time at which its work so far would be done if a unit of work took a
    /// unit of time and messages took none. Every message carries the clock of its sender.
    [[nodiscard]] std::int64_t clock() const noexcept { return clock_; }

    /// Waits for the messages along the present axis and sends those along the next. Collective. Does nothing after the last axis.
    void advance()
    {
        const auto& stages = exchange_.plan().stages();
        for (std::size_t direct = 0; direct < sent_.size(); ++direct) {
            std::size_t last = take(exchange_.receive(sent_[direct]));  // the first item received in the previous stage
            for (std::size_t stage = sent_[direct].stage + 1; stage < stages.size() && stages[stage].forwards; ++stage) {
                auto handed_on = exchange_.send(stage, wanted(stage, last, held_.size()));
                last = take(exchange_.receive(handed_on));
            }
        }
        send();
    }

    /// Completes the exchange. Collective. @return the items of other ranks, sorted and each once
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
    /// Sends the items held now in both directions along the next axis. Items received along this axis are not sent back.
    void send()
    {
        const auto& stages = exchange_.plan().stages();
        sent_.clear();
        if (next_ == stages.size()) return;
        const int axis = stages[next_].axis;
        for (; next_ < stages.size() && stages[next_].axis == axis; ++next_)
            if (!stages[next_].forwards) sent_.push_back(exchange_.send(next_, wanted(next_, 0, held_.size())));
    }

    /// Message with the clock and those of the items [first, end) that the receiver of a stage needs.
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

    /// Appends the items of a message to those held. @return the place of the first of them
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
    std::size_t mine_;                                    ///< how many of them are this rank's; they come first
    std::size_t next_ = 0;                                ///< next stage
    std::vector<typename HaloExchange<Dim>::Sent> sent_;  ///< messages along the present axis
    std::vector<Item> wanted_;
};

}  // namespace shearwater
