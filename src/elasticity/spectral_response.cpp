#include <shearwater/elasticity/spectral_response.hpp>

#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

/// The columns of a response matrix for deviatoric eigenstrains, as deviatoric coefficients and mean of the diagonal.
template <int Dim>
std::array<double, tensor_size<Dim> * deviator_size<Dim>> deviatoric_columns(const ResponseMatrix<Dim>& response) noexcept
{
    constexpr int n = deviator_size<Dim>;
    std::array<double, tensor_size<Dim> * n> columns{};
    for (int b = 0; b < n; ++b) {
        const auto eigenstrain = basis_tensor<Dim>(b);
        SymmetricTensor<Dim> stress{};
        for (int i = 0; i < tensor_size<Dim>; ++i)
            for (int j = 0; j < tensor_size<Dim>; ++j) stress[i] += response[i][j] * eigenstrain[j];
        const auto coefficients = deviator<Dim>(stress);
        for (int a = 0; a < n; ++a) columns[a * n + b] = coefficients[a];
        columns[n * n + b] = mean_diagonal<Dim>(stress);
    }
    return columns;
}

}  // namespace

template <int Dim>
SpectralResponse<Dim>::SpectralResponse(const Communicator& comm, const Grid<Dim>& grid, const std::vector<Box<Dim>>& boxes, const Moduli& moduli,
                                        Discretization discretization, int elements)
    : fft_(comm, grid, boxes), symbol_(fft_.spectral_box().count())
{
    fft_.for_each_wave_vector([&](std::int64_t i, const std::array<double, Dim>& q) {
        symbol_[i] = deviatoric_columns<Dim>(voxel_response<Dim>(q, moduli, discretization, elements));
    });
}

template <int Dim>
Fields SpectralResponse<Dim>::deviatoric_stress(const Fields& eigenstrain)
{
    return respond(eigenstrain, n);
}

template <int Dim>
Fields SpectralResponse<Dim>::stress(const Fields& eigenstrain)
{
    return respond(eigenstrain, rows);
}

template <int Dim>
Fields SpectralResponse<Dim>::respond(const Fields& eigenstrain, int first_rows)
{
    SHEARWATER_EXPECTS(static_cast<int>(eigenstrain.size()) == n);
    std::vector<std::vector<std::complex<double>>> spectrum(n, std::vector<std::complex<double>>(symbol_.size()));
    for (int b = 0; b < n; ++b) fft_.forward(eigenstrain[b], spectrum[b]);
    Fields stress(first_rows, std::vector<double>(fft_.box().count()));
    std::vector<std::complex<double>> answer(symbol_.size());
    for (int a = 0; a < first_rows; ++a) {
        for (std::size_t i = 0; i < symbol_.size(); ++i) {
            answer[i] = 0.0;
            for (int b = 0; b < n; ++b) answer[i] += symbol_[i][a * n + b] * spectrum[b][i];
        }
        fft_.backward(answer, stress[a]);
    }
    return stress;
}

template <int Dim>
std::vector<double> SpectralResponse<Dim>::around_one_voxel(int a, int b)
{
    std::vector<std::complex<double>> spectrum(symbol_.size());
    for (std::size_t i = 0; i < symbol_.size(); ++i) spectrum[i] = symbol_[i][a * n + b];
    std::vector<double> field(fft_.box().count());
    fft_.backward(spectrum, field);
    return field;
}

template class SpectralResponse<2>;
template class SpectralResponse<3>;

}  // namespace shearwater
