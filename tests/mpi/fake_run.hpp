#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <shearwater/core/error.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/kmc/options.hpp>
#include <shearwater/loading/drive.hpp>

#include "support.hpp"

namespace shearwater::test {

/// Options of an engine, and of the ramp that drives it.
struct RampedOptions : KmcOptions {
    double strain_rate = 1e-4;       ///< [1/s]
    double strain_increment = 1e-4;  ///< of the clocks that step
    double max_strain = 1.0;
    double horizon = 1e-4;  ///< strain over which rates are bounded at once, with the continuous clock

    [[nodiscard]] double interval() const noexcept { return clock == Clock::Continuous ? horizon : strain_increment; }
};

/// A model, a ramp, and an engine on them. @tparam Kind  of the engine
template <class Model, class Kind = Engine>
class EngineRun {
  public:
    /// @param make  makes an engine from a model and a drive
    template <class Make>
    EngineRun(Model model, const RampedOptions& options, Make&& make)
        : model_(std::move(model)), ramp_(options.strain_rate, options.interval(), options.max_strain), engine_(make(model_, ramp_))
    {
    }
    ~EngineRun() = default;
    EngineRun(const EngineRun&) = delete;
    EngineRun& operator=(const EngineRun&) = delete;
    EngineRun(EngineRun&&) = delete;  // the engine refers to the model
    EngineRun& operator=(EngineRun&&) = delete;

    /// Collective on the communicator.
    Step advance() { return engine_->advance(); }

    /// Goes on until so many events have happened in all; fails if that takes more steps than given. Collective on the communicator.
    const std::vector<Event>& run_to(std::size_t count, int most_steps = 100000)
    {
        for (int step = 0; events_.size() < count; ++step) {
            if (step == most_steps) throw std::runtime_error("too few events");
            const Step now = engine_->advance();
            events_.insert(events_.end(), now.events.begin(), now.events.end());
        }
        return events_;
    }

    /// The text of the RunError that ends the run within so many steps; empty if there is none. Collective on the communicator.
    [[nodiscard]] std::string stopped_within(int steps)
    {
        try {
            for (int i = 0; i < steps; ++i) static_cast<void>(engine_->advance());
        } catch (const RunError& error) {
            return error.what();
        }
        return {};
    }

    [[nodiscard]] const Model& model() const noexcept { return model_; }
    [[nodiscard]] Model& model() noexcept { return model_; }
    [[nodiscard]] Kind& engine() noexcept { return *engine_; }
    [[nodiscard]] const Kind& engine() const noexcept { return *engine_; }
    [[nodiscard]] EngineCounters counters() const noexcept { return engine_->counters(); }

  private:
    Model model_;
    Ramp ramp_;
    std::unique_ptr<Kind> engine_;
    std::vector<Event> events_;
};

/// Calls sample(seed) for seeds 1 to count, shared out among the ranks, and gathers the results. Collective.
template <class Sample>
[[nodiscard]] std::vector<double> over_seeds(int count, Sample&& sample)
{
    std::vector<double> mine;
    for (int seed = 1 + world().rank(); seed <= count; seed += world().size()) mine.push_back(sample(static_cast<std::uint64_t>(seed)));
    const auto bytes = gather_all(world(), std::as_bytes(std::span<const double>(mine)));
    std::vector<double> all(bytes.size() / sizeof(double));
    std::memcpy(all.data(), bytes.data(), bytes.size());
    return all;
}

/// Whether two events are the same to the last bit.
[[nodiscard]] inline bool identical(const Event& a, const Event& b)
{
    return a.voxel == b.voxel && a.mode == b.mode && a.generation == b.generation && a.barrier == b.barrier && a.time == b.time &&
           a.athermal == b.athermal;
}

[[nodiscard]] inline bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace shearwater::test
