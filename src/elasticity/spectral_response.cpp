#include <shearwater/elasticity/spectral_response.hpp>

#include <utility>

#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

/// Voxel stress for eigenstrain b of the deviatoric basis.
template <int Dim>
SymmetricTensor<Dim> response_to(const ResponseMatrix<Dim>& response, int b) noexcept
{
    const auto eigenstrain = basis_tensor<Dim>(b);
    SymmetricTensor<Dim> stress{};
    for (int i = 0; i < tensor_size<Dim>; ++i)
        for (int j = 0; j < tensor_size<Dim>; ++j) stress[i] += response[i][j] * eigenstrain[j];
    return stress;
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
    for_each_kept_response([&](std::int64_t place, const ResponseMatrix<Dim>& response) {
        for (int b = 0, component = 0; b < n; ++b) {
            const auto coefficients = deviator<Dim>(response_to<Dim>(response, b));
            for (int a = b; a < n; ++a) operator_[place][component++] = coefficients[a];
        }
    });
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

/// Calls visit(place, response matrix) for the wave vectors of planes 0 to half the size.
template <int Dim>
template <class Visit>
void SpectralResponse<Dim>::for_each_kept_response(Visit&& visit) const
{
    fft_.for_each_wave_vector([&](std::int64_t place, const std::array<double, Dim>& q) {
        if (place < static_cast<std::int64_t>(operator_.size())) visit(place, voxel_response<Dim>(q, moduli_, discretization_, elements_));
    });
}

template <int Dim>
std::vector<typename SpectralResponse<Dim>::Spectrum> SpectralResponse<Dim>::spectra(Fields fields)
{
    SHEARWATER_EXPECTS(fields.size() == n);
    std::vector<Spectrum> spectra;
    for (auto& field : fields) {
        spectra.emplace_back(fft_.spectral_box().count());
        fft_.forward(field, spectra.back());
        std::vector<double>().swap(field);
    }
    return spectra;
}

template <int Dim>
std::vector<double> SpectralResponse<Dim>::field(Spectrum spectrum)
{
    std::vector<double> field(fft_.box().count());
    fft_.backward(spectrum, field);
    return field;
}

/// Multiplies the spectra of a plane by the operator.
template <int Dim>
void SpectralResponse<Dim>::respond(const Plane& plane, std::vector<Spectrum>& spectrum) const
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
    auto spectrum = spectra(std::move(eigenstrain));
    for_each_plane([&](const Plane& plane) { respond(plane, spectrum); });
    Fields stress;
    for (auto& component : spectrum) stress.push_back(field(std::move(component)));
    return stress;
}

template <int Dim>
std::vector<double> SpectralResponse<Dim>::mean_normal_stress(Fields eigenstrain)
{
    auto spectrum = spectra(std::move(eigenstrain));
    const int planes = fft_.spectral_box().extent(Dim - 1);
    const auto answer = [&](std::int64_t place, const Coefficients& row, bool mirrored) {
        std::complex<double> mean = 0.0;
        for (int b = 0; b < n; ++b) mean += (mirrored && changes_sign<Dim>(b, Dim - 1) ? -row[b] : row[b]) * spectrum[b][place];
        spectrum[0][place] = mean;
    };
    for_each_kept_response([&](std::int64_t place, const ResponseMatrix<Dim>& response) {
        Coefficients row{};
        for (int b = 0; b < n; ++b) row[b] = mean_diagonal<Dim>(response_to<Dim>(response, b));
        answer(place, row, false);
        const auto plane = place / plane_size_;
        if (plane > 0 && 2 * plane < planes) answer(place + (planes - 2 * plane) * plane_size_, row, true);
    });
    return field(std::move(spectrum[0]));
}

template <int Dim>
std::vector<double> SpectralResponse<Dim>::around_one_voxel(int a, int b)
{
    Spectrum spectrum(fft_.spectral_box().count());
    const int low = std::min(a, b);
    const int component = low * n - low * (low - 1) / 2 + std::abs(a - b);
    for_each_plane([&](const Plane& plane) {
        const double sign = plane.mirrored && is_odd(a, b) ? -1.0 : 1.0;
        for (std::int64_t i = 0; i < plane_size_; ++i) spectrum[plane.begin + i] = sign * operator_[plane.kept + i][component];
    });
    return field(std::move(spectrum));
}

template class SpectralResponse<2>;
template class SpectralResponse<3>;

}  // namespace shearwater
