#include <shearwater/elasticity/kernel/spectral_response.hpp>

#include <algorithm>
#include <utility>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Voxel stress for unit coefficient b of deviatoric eigenstrain [GPa].
template <int Dim>
SymmetricTensor<Dim> response_to(const ResponseMatrix<Dim>& response, int b) noexcept
{
    const auto eigenstrain = basis_tensor<Dim>(b);
    SymmetricTensor<Dim> stress{};
    for (int i = 0; i < tensor_size<Dim>; ++i)
        for (int j = 0; j < tensor_size<Dim>; ++j) stress[i] += response[i][j] * eigenstrain[j];
    return stress;
}

/// Views an array as complex numbers, real and imaginary parts in turn.
std::span<std::complex<double>> as_complex(std::span<double> values)
{
    return {reinterpret_cast<std::complex<double>*>(values.data()), values.size() / 2};
}

}  // namespace

template <int Dim>
SpectralResponse<Dim>::SpectralResponse(const Communicator& comm, const Grid<Dim>& grid, const std::vector<Box<Dim>>& boxes, const Moduli& moduli,
                                        Discretization discretization, int elements)
    : fft_(comm, grid, boxes), moduli_(moduli), discretization_(discretization), elements_(elements), plane_size_(1)
{
    const auto& spectral = fft_.spectral_box();
    for (int axis = 0; axis + 1 < Dim; ++axis) plane_size_ *= spectral.extent(axis);
    operator_.resize(plane_size_ * (spectral.extent(Dim - 1) / 2 + 1));
    constexpr std::int64_t places_between = 1024;  // readings of the clock
    bool is_in_time = true;
    const auto goes_on = [&](std::int64_t place) {
        if (place % places_between == 0) is_in_time = is_in_time && !comm.must_end();
        return is_in_time;
    };
    for_each_kept_response(goes_on, [&](std::int64_t place, const ResponseMatrix<Dim>& response) {
        for (int b = 0, component = 0; b < n; ++b) {
            const auto coefficients = deviator<Dim>(response_to<Dim>(response, b));
            for (int a = b; a < n; ++a) operator_[place][component++] = coefficients[a];
        }
    });
    leave_if_due(comm);
}

template <int Dim>
template <class Visit>
void SpectralResponse<Dim>::for_each_plane(Visit&& visit) const
{
    const int planes = fft_.spectral_box().extent(Dim - 1);
    for (int plane = 0; plane < planes; ++plane) {
        const bool mirrored = 2 * plane > planes;
        visit(Plane{plane * plane_size_, (mirrored ? planes - plane : plane) * plane_size_, mirrored});
    }
}

/// Calls visit(place, response matrix) for the wave vectors of the planes that are kept, 0 to half the size, as long as goes_on(place) is true.
template <int Dim>
template <class GoesOn, class Visit>
void SpectralResponse<Dim>::for_each_kept_response(GoesOn&& goes_on, Visit&& visit) const
{
    fft_.for_each_wave_vector([&](std::int64_t place, const std::array<double, Dim>& q) {
        if (place < static_cast<std::int64_t>(operator_.size()) && goes_on(place))
            visit(place, voxel_response<Dim>(q, moduli_, discretization_, elements_));
    });
}

/// How many numbers a field or its spectrum takes, whichever are more.
template <int Dim>
std::size_t SpectralResponse<Dim>::room() const noexcept
{
    return static_cast<std::size_t>(std::max(fft_.box().count(), 2 * fft_.spectral_box().count()));
}

template <int Dim>
Fields SpectralResponse<Dim>::zero_fields() const
{
    Fields fields(n);
    for (auto& field : fields) {
        field.reserve(room());
        field.resize(static_cast<std::size_t>(fft_.box().count()));
    }
    return fields;
}

/// Replaces fields by their spectra. Collective.
template <int Dim>
std::array<std::complex<double>*, SpectralResponse<Dim>::n> SpectralResponse<Dim>::to_spectra(Fields& fields)
{
    SHEARWATER_EXPECTS(fields.size() == n);
    std::array<Complex*, n> spectra{};
    for (int a = 0; a < n; ++a) {
        SHEARWATER_EXPECTS(static_cast<std::int64_t>(fields[a].size()) == fft_.box().count());
        fields[a].resize(room());
        const std::span<double> values(fields[a]);
        const auto spectrum = as_complex(values).first(static_cast<std::size_t>(fft_.spectral_box().count()));
        fft_.forward(values.first(static_cast<std::size_t>(fft_.box().count())), spectrum);
        spectra[a] = spectrum.data();
    }
    return spectra;
}

/// Replaces a spectrum by its field. Collective.
template <int Dim>
void SpectralResponse<Dim>::to_field(std::vector<double>& spectrum)
{
    const std::span<double> values(spectrum);
    const auto count = static_cast<std::size_t>(fft_.box().count());
    fft_.backward(as_complex(values).first(static_cast<std::size_t>(fft_.spectral_box().count())), values.first(count));
    spectrum.resize(count);
}

/// Multiplies the spectra of a plane by the operator.
template <int Dim>
void SpectralResponse<Dim>::respond(const Plane& plane, const std::array<Complex*, n>& spectrum) const
{
    for (std::int64_t i = 0; i < plane_size_; ++i) {
        const double* h = operator_[plane.kept + i].data();
        std::array<std::complex<double>, n> stress{};
        for (int b = 0; b < n; ++b)
            for (int a = b; a < n; ++a, ++h) {
                const double value = plane.mirrored && is_odd(a, b) ? -*h : *h;
                stress[a] += value * spectrum[b][plane.begin + i];
                if (a != b) stress[b] += value * spectrum[a][plane.begin + i];
            }
        for (int a = 0; a < n; ++a) spectrum[a][plane.begin + i] = stress[a];
    }
}

template <int Dim>
Fields SpectralResponse<Dim>::deviatoric_stress(Fields eigenstrain)
{
    const auto spectrum = to_spectra(eigenstrain);
    for_each_plane([&](const Plane& plane) { respond(plane, spectrum); });
    for (auto& component : eigenstrain) to_field(component);
    return eigenstrain;
}

template <int Dim>
std::vector<double> SpectralResponse<Dim>::mean_normal_stress(Fields eigenstrain)
{
    const auto spectrum = to_spectra(eigenstrain);
    const int planes = fft_.spectral_box().extent(Dim - 1);
    const auto answer = [&](std::int64_t place, const Coefficients& row, bool mirrored) {
        std::complex<double> mean = 0.0;
        for (int b = 0; b < n; ++b) mean += (mirrored && changes_sign<Dim>(b, Dim - 1) ? -row[b] : row[b]) * spectrum[b][place];
        spectrum[0][place] = mean;
    };
    for_each_kept_response([](std::int64_t) { return true; },
                           [&](std::int64_t place, const ResponseMatrix<Dim>& response) {
                               Coefficients row{};
                               for (int b = 0; b < n; ++b) row[b] = mean_diagonal<Dim>(response_to<Dim>(response, b));
                               answer(place, row, false);
                               const auto plane = place / plane_size_;
                               if (plane > 0 && 2 * plane < planes) answer(place + (planes - 2 * plane) * plane_size_, row, true);
                           });
    to_field(eigenstrain[0]);
    return std::move(eigenstrain[0]);
}

template <int Dim>
std::vector<double> SpectralResponse<Dim>::around_one_voxel(int a, int b)
{
    std::vector<double> values(room());
    const auto spectrum = as_complex(values);
    const int low = std::min(a, b);
    const int component = low * n - low * (low - 1) / 2 + std::abs(a - b);
    for_each_plane([&](const Plane& plane) {
        const double sign = plane.mirrored && is_odd(a, b) ? -1.0 : 1.0;
        for (std::int64_t i = 0; i < plane_size_; ++i) spectrum[plane.begin + i] = sign * operator_[plane.kept + i][component];
    });
    to_field(values);
    return values;
}

template class SpectralResponse<2>;
template class SpectralResponse<3>;

}  // namespace shearwater
