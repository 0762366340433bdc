#include <shearwater/io/summary.hpp>

#include <cmath>

#include <nlohmann/json.hpp>

#include <shearwater/io/provenance.hpp>

namespace shearwater {

std::string print(const Summary& s)
{
    using nlohmann::ordered_json;
    const auto& peak = s.curve.peak();
    const auto& yield = s.curve.yield();
    const auto value_or_null = [](const std::optional<CurvePoint>& point, double CurvePoint::*member) {
        return point ? ordered_json((*point).*member) : ordered_json(nullptr);
    };
    const auto if_known = [&](auto value) { return s.has_fields ? ordered_json(value) : ordered_json(nullptr); };
    const double events_per_second = s.wall_seconds > 0.0 ? static_cast<double>(s.last.events) / s.wall_seconds : 0.0;
    const auto per_event = [&](std::int64_t count) {
        return s.last.events > 0 ? ordered_json(static_cast<double>(count) / static_cast<double>(s.last.events)) : ordered_json(nullptr);
    };
    const auto origin = provenance();
    ordered_json json{
        {"stopped_by", s.stopped_by},
        {"cut_short", s.is_cut},
        {"peak_stress_GPa", value_or_null(peak, &CurvePoint::stress)},
        {"peak_strain", value_or_null(peak, &CurvePoint::strain)},
        {"yield_stress_GPa", value_or_null(yield, &CurvePoint::stress)},
        {"yield_strain", value_or_null(yield, &CurvePoint::strain)},
        {"flow_stress_GPa", s.curve.last().stress},
        {"strain", s.last.strain},
        {"time_s", s.last.time.seconds()},
        {"plastic_strain", s.last.plastic_strain},
        {"elastic_slope_GPa", s.elastic_slope},
        {"localization_index", if_known(s.statistics.localization_index)},
        {"extreme_sites", if_known(s.statistics.extreme_sites)},
        {"von_mises_p99_9", if_known(s.statistics.percentile_999)},
        {"von_mises_mean", if_known(s.statistics.mean)},
        {"transformed_fraction", if_known(s.statistics.transformed_fraction)},
        {"events", s.last.events},
        {"athermal_events", s.last.athermal_events},
        {"reversals", s.last.reversals},
        {"max_generation", s.max_generation},
        {"events_xxh3", s.fingerprint},
        {"steps", s.last.step},
        {"candidates", s.counters.candidates},
        {"rejections", s.counters.rejections},
        {"refreshed_voxels", s.counters.model.refreshed_voxels},
        {"near_voxels", s.counters.model.near_voxels},
        {"pending_sums", s.counters.model.pending_sums},
        {"pending_terms", s.counters.model.pending_terms},
        {"flushes", s.counters.model.flushes},
        {"elastic_solves", s.elastic_solves},
        {"ksp_iterations", s.ksp_iterations},
        {"kernel_check_GPa", s.kernel_check ? ordered_json(*s.kernel_check) : ordered_json(nullptr)},
        {"stress_check_GPa", s.stress_check ? ordered_json(*s.stress_check) : ordered_json(nullptr)},
        {"petsc_options", s.petsc_options},
        {"judged_cell", s.judged_cell ? ordered_json(*s.judged_cell) : ordered_json(nullptr)},
        {"judged_by", s.judged_by ? ordered_json(*s.judged_by) : ordered_json(nullptr)},
        {"messages", s.traffic.messages},
        {"bytes", s.traffic.bytes},
        {"collectives", s.traffic.collectives},
        {"rates_s", s.counters.rate_seconds},
        {"per_event",
         {{"candidates", per_event(s.counters.candidates)},
          {"refreshed_voxels", per_event(s.counters.model.refreshed_voxels)},
          {"near_voxels", per_event(s.counters.model.near_voxels)},
          {"pending_sums", per_event(s.counters.model.pending_sums)},
          {"pending_terms", per_event(s.counters.model.pending_terms)},
          {"collectives", per_event(s.traffic.collectives)},
          {"bytes", per_event(s.traffic.bytes)}}},
        {"stress_s", s.solve_seconds},
        {"communication_s", s.counters.communication_seconds},
        {"wall_s", s.wall_seconds},
        {"events_per_s", events_per_second},
        {"ranks", s.ranks},
        {"peak_rss_MB", s.peak_rss_megabytes},
        {"version", origin.version},
        {"git_hash", origin.git_hash},
        {"compiler", origin.compiler},
        {"mpi", origin.mpi},
        {"petsc", origin.petsc},
        {"hdf5", origin.hdf5},
        {"fftw", origin.fftw},
    };
    if (s.cycles.cycles > 0) {
        const auto& missed = s.cycles.missed;
        const auto rms = [&](double squares) { return missed.root_mean(squares); };
        json["cycles"] = s.cycles.cycles;
        json["sweeps"] = s.cycles.sweeps;
        json["rounds"] = s.cycles.rounds;
        json["bursts"] = s.cycles.bursts;
        json["window_s"] = s.cycles.seconds / static_cast<double>(s.cycles.sweeps);
        json["events_per_cycle"] = static_cast<double>(s.last.events) / static_cast<double>(s.cycles.cycles);
        const auto events_over = [&](std::int64_t count) {
            return count > 0 ? ordered_json(static_cast<double>(s.last.events) / static_cast<double>(count)) : ordered_json(nullptr);
        };
        json["concurrency"] = events_over(s.cycles.busiest);
        json["parallelism"] = events_over(s.cycles.critical_path);
        json["imbalance"] = s.imbalance;
        json["sweep_messages"] = s.counters.sweeps.messages;
        json["sweep_bytes"] = s.counters.sweeps.bytes;
        json["sweep_collectives"] = s.counters.sweeps.collectives;
        json["far_sources"] = s.counters.model.far_sources;
        json["far_moments"] = s.counters.model.far_moments;
        json["far_messages"] = s.counters.far.messages;
        json["far_bytes"] = s.counters.far.bytes;
        json["far_collectives"] = s.counters.far.collectives;
        json["update_s"] = s.counters.update_seconds;
        json["missed_measured"] = missed.measured;
        json["missed_rms"] = rms(missed.squares);
        json["missed_curable_rms"] = rms(missed.curable_squares);
        json["missed_far_rms"] = rms(missed.far_squares);
        json["missed_far_max"] = missed.far_largest;
        json["missed_far_bound"] = missed.far_bound;
        json["missed_boundary_rms"] = rms(missed.boundary_squares);
        json["missed_boundary_max"] = missed.boundary_largest;
        json["missed_boundary_bound"] = missed.boundary_bound;
    }
    return json.dump(2) + "\n";
}

}  // namespace shearwater
