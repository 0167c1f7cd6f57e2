// Matrix products of Eigen.
#include <Eigen/Core>
#include <memory>

#include "measure/probes.h"

namespace berth {

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Product {
    Matrix a, b, c;
};

}  // namespace

std::optional<Call> eigen_call(const KernelJob& job, std::string& why) {
    const auto* d = std::get_if<MatmulDims>(&job.dims);
    if (d == nullptr || !d->weights || job.dtype != DType::kFp32) {
        why = "only fp32 products with constant weights are run with Eigen";
        return std::nullopt;
    }
    auto product = std::make_shared<Product>();
    product->a = Matrix::Constant(d->batch * d->m, d->k, 0.5F);
    product->b = Matrix::Constant(d->k, d->n, 0.25F);
    product->c = Matrix::Zero(d->batch * d->m, d->n);
    return [product] { product->c.noalias() = product->a * product->b; };
}

}  // namespace berth
