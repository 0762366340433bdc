"""A cell and the same cell with x and z exchanged, both loaded along y, have the same statistics.

Runs of 24x16x8 and of 8x16x24 voxels have no event in common, but they are samples of one distribution once the axes and the components of tensors of one of them are exchanged
back. Each quantity is compared by the difference of its means in standard errors; the p-value is the share of random exchanges of runs between the two sides that set them as far
apart. After Holm's correction over the quantities every p-value must be above 0.01. Seeds are fixed, so that the test comes to the same end whenever results are the same.

That the test can fail is shown as well: it finds a difference if one side is 2 % stronger, if x and z are not exchanged back, and if one side is warmer by 20 K.
"""

import numpy

import shearwater
from shearwater.permutation import chance_of_farthest, holm, standard_errors_apart

from runs import DECKS, FULL, Verdict, run, temporary_folder

SEEDS = 24
WARM_SEEDS = 12
LIMIT = 0.01
PERMUTATIONS = 20_000
STOP = 0.02 if FULL else 0.008  # plastic strain; some 500 events
WORDS = [f"--loading.stop_plastic_strain={STOP}", "--elasticity.elements_per_voxel=1", "--output.event_log=true"]
SUMMARIES = ["peak_stress_GPa", "yield_stress_GPa", "flow_stress_GPa", "strain", "events", "reversals", "localization_index"]
AXES = {"x": 2, "y": 1, "z": 0}  # of the array of a scalar field
SHEARS = {"yz": 3, "xz": 4, "xy": 5}  # components of a tensor, xx yy zz yz xz xy
EXCHANGED = [2, 1, 0, 5, 4, 3]  # the components with x and z exchanged


def observe(result, exchange):
    """Quantities of one run; with `exchange` those of the cell whose x and z are exchanged."""
    summary, run_data = result.summary(), shearwater.Run(result.folder)
    strain, stress = (run_data.snapshots[-1][name] for name in ("plastic_strain", "stress"))
    if exchange:
        strain, stress = (field.transpose(2, 1, 0, 3)[..., EXCHANGED] for field in (strain, stress))
    found = {name: summary[name] for name in SUMMARIES}
    found["athermal share"] = run_data.athermal_share
    found["logarithm of the median waiting time"] = numpy.log(numpy.median(run_data.waiting_times_s))
    found["time of the 100th event"] = run_data.events["time_high"][99]
    found["plastic strain xx - zz"] = (strain[..., 0] - strain[..., 2]).mean()
    found["stress xx^2 - zz^2"] = (stress[..., 0] ** 2 - stress[..., 2] ** 2).mean()
    for name, place in SHEARS.items():
        found[f"stress {name}^2"] = (stress[..., place] ** 2).mean()
    fluctuation = strain[..., 1] - strain[..., 1].mean()
    for name, axis in AXES.items():
        found[f"correlation of neighbours along {name}"] = (fluctuation * numpy.roll(fluctuation, 1, axis)).mean() / fluctuation.var()
        others = tuple({0, 1, 2} - {axis})
        found[f"spread of planes normal to {name}"] = fluctuation.mean(axis=others).std()
    return found


def ensemble(folder, size, seeds, exchanges, *words):
    """For each of `exchanges` the quantities by name, each an array over seeds."""
    observed = []
    for seed in seeds:
        result = run(DECKS / "wang2024.cfg", f"{folder}/{size}_{seed}", f"--lattice.size={size}", f"--seed={seed}", *WORDS, *words)
        observed.append([observe(result, exchange) for exchange in exchanges])
    return [{name: numpy.array([values[name] for values in side]) for name in side[0]} for side in zip(*observed)]


def compare(first, second):
    """p-values after Holm's correction and differences in standard errors, by the names of the quantities."""
    apart = {name: standard_errors_apart(first[name], second[name]) for name in first}
    p_values = [chance_of_farthest([(first[name][numpy.newaxis], second[name][numpy.newaxis])], abs(apart[name]), PERMUTATIONS) for name in first]
    return dict(zip(first, holm(p_values))), apart


def expect_difference(verdict, first, second, title):
    p_values, apart = compare(first, second)
    farthest = min(p_values, key=p_values.get)
    verdict.expect(p_values[farthest] <= LIMIT, f"{title}: a difference is found, p {p_values[farthest]:.4f} of {farthest}, {apart[farthest]:+.1f} standard errors")


def main():
    verdict = Verdict()
    with temporary_folder() as folder:
        (first,) = ensemble(folder, "24x16x8", range(1001, 1001 + SEEDS), [False])
        second, as_it_is = ensemble(folder, "8x16x24", range(2001, 2001 + SEEDS), [True, False])
        (warm,) = ensemble(folder, "8x16x24", range(3001, 3001 + WARM_SEEDS), [True], "--loading.temperature=320")
    p_values, apart = compare(first, second)
    for name, p in p_values.items():
        verdict.expect(p > LIMIT, f"{name}: {first[name].mean():.5g} and {second[name].mean():.5g}, {apart[name]:+.2f} standard errors, p {p:.3f}")
    stronger = dict(second, peak_stress_GPa=1.02 * second["peak_stress_GPa"])
    expect_difference(verdict, first, stronger, "peak stresses of one side 2 % higher")
    expect_difference(verdict, first, as_it_is, "x and z not exchanged back")
    expect_difference(verdict, first, warm, "one side warmer by 20 K")
    verdict.exit()


main()
