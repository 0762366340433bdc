#include <cmath>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/lanes.hpp>
#include <shearwater/core/random.hpp>
#include <shearwater/elasticity/cell.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Gives white noise of variance 1 the correlation exp(−r²/2 length²), variance 1 again: a Gaussian filter of width length/√2 applied by
/// transforms, divided by its own norm. Collective.
template <int Dim>
void correlate(const Communicator& comm, const Partition<Dim>& partition, double length, std::vector<double>& noise)
{
    DistributedFft<Dim> fft(comm, partition.grid(), partition.boxes());
    std::vector<std::complex<double>> spectrum(fft.spectral_box().count());
    std::vector<double> squared;
    fft.forward(noise, spectrum);
    const int nx = partition.grid().size[0];
    fft.for_each_wave_vector([&](std::int64_t place, const std::array<double, Dim>& q) {
        double squared_q = 0.0;
        for (const double component : q) squared_q += component * component;
        const double filter = exponential_function(-0.25 * length * length * squared_q);
        spectrum[place] *= filter;
        const int x = fft.spectral_box().index(place)[0];
        const bool has_conjugate = x != 0 && 2 * x != nx;
        squared.push_back((has_conjugate ? 2.0 : 1.0) * filter * filter);
    });
    fft.backward(spectrum, noise);
    const double norm = std::sqrt(exact_sum(comm, squared) / static_cast<double>(partition.grid().count()));
    for (double& value : noise) value /= norm;
}

}  // namespace

template <int Dim>
std::vector<Moduli> draw_moduli(const Communicator& comm, const Partition<Dim>& partition, const ElasticityOptions& options, std::uint64_t seed)
{
    if (options.modulus_std == 0.0) return {moduli_of<Dim>(options.young, options.poisson, options.plane)};
    const auto box = partition.box(comm.rank());
    std::vector<double> noise(box.count());
    for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) {
        const auto id = static_cast<std::uint64_t>(partition.grid().id(box.index(voxel)));
        noise[voxel] = normal_pair({seed, Purpose::Moduli, id, 0, 0})[0];
    }
    if (options.modulus_correlation > 0.0) correlate(comm, partition, options.modulus_correlation, noise);
    std::vector<Moduli> moduli;
    moduli.reserve(noise.size());
    bool positive = true;
    for (const double z : noise) {
        const double young = options.young * (1.0 + options.modulus_std * z);
        positive = positive && young > 0.01 * options.young;
        moduli.push_back(moduli_of<Dim>(young, options.poisson, options.plane));
    }
    if (any(comm, !positive))
        throw InputError(
            fmt::format("elasticity.modulus_std={}: some voxels get less than 1 % of the mean modulus (or a negative one); "
                        "use a smaller standard deviation",
                        options.modulus_std));
    return moduli;
}

template std::vector<Moduli> draw_moduli<2>(const Communicator&, const Partition<2>&, const ElasticityOptions&, std::uint64_t);
template std::vector<Moduli> draw_moduli<3>(const Communicator&, const Partition<3>&, const ElasticityOptions&, std::uint64_t);

}  // namespace shearwater
