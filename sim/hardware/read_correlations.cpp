// Reads the correlation matrix of a profile's uncertain numbers, given as a triangle.
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "hardware/former_keys.h"
#include "hardware/profile_reading.h"

namespace berth {

namespace {

// Negative eigenvalues up to this size are attributed to rounding of the written digits.
constexpr double kRounding = 0.05;

std::string given(std::size_t count, std::string_view of) {
    return count == 1 ? fmt::format("1 {} is given", of) : fmt::format("{} {}s are given", count, of);
}

std::vector<std::string> read_paths(const YamlNode& of, Profile& profile) {
    std::vector<std::string> known;
    for (const ParameterView& number : parameters(profile)) {
        known.push_back(number.path);
    }
    std::vector<std::string> paths;
    for (const YamlNode& item : of.sequence()) {
        const std::string path = present_path(text_or_empty(item));
        if (std::ranges::find(known, path) == known.end()) {
            item.error(fmt::format("no number of the profile is called '{}'", path), "", nearest_name(path, known));
        } else if (std::ranges::find(paths, path) != paths.end()) {
            item.error(fmt::format("'{}' is given twice", path));
        }
        paths.push_back(path);
    }
    return paths;
}

Eigen::MatrixXd read_matrix(const YamlNode& rows, std::size_t count) {
    const auto size = static_cast<Eigen::Index>(count);
    Eigen::MatrixXd matrix = Eigen::MatrixXd::Identity(size, size);
    const auto items = rows.sequence();
    if (items.size() + 1 != count) {
        rows.error(fmt::format("{} for {} numbers", given(items.size(), "row"), count),
                   "a row for each number but the first");
        return matrix;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto values = items[i].sequence();
        if (values.size() != i + 1) {
            items[i].error(given(values.size(), "value"), fmt::format("{}, one for each number before", i + 1));
            continue;
        }
        for (std::size_t j = 0; j < values.size(); ++j) {
            const auto row = static_cast<Eigen::Index>(i + 1);
            const auto column = static_cast<Eigen::Index>(j);
            matrix(row, column) = values[j].number({-1, 1}).value_or(0);
            matrix(column, row) = matrix(row, column);
        }
    }
    return matrix;
}

}  // namespace

std::vector<double> Correlations::independent(const std::vector<double>& effect) const {
    const auto size = static_cast<Eigen::Index>(paths.size());
    std::vector<double> parts(paths.size());
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Eigen::Map<Eigen::VectorXd>(parts.data(), size) =
        Eigen::Map<const RowMajor>(factor.data(), size, size).transpose() *
        Eigen::Map<const Eigen::VectorXd>(effect.data(), size);
    return parts;
}

double Correlations::between(std::size_t a, std::size_t b) const {
    const auto row = [this](std::size_t of) { return factor.begin() + static_cast<std::ptrdiff_t>(of * paths.size()); };
    return std::inner_product(row(a), row(a + 1), row(b), 0.0);
}

void read_correlations(Profile& profile, const YamlNode& node) {
    const YamlNode of = node.require("of", "paths of numbers that have a spread");
    const YamlNode rows = node.require("rows", "for each number but the first its correlations with those before it");
    node.reject_unknown_keys();
    if (!of || !rows) {
        return;
    }
    const std::size_t errors_before = node.diagnostics().error_count();
    Correlations read{read_paths(of, profile), {}};
    if (read.paths.size() < 2) {
        of.error(given(read.paths.size(), "number"), "two or more");
        return;
    }
    const Eigen::MatrixXd matrix = read_matrix(rows, read.paths.size());
    if (node.diagnostics().error_count() != errors_before) {
        return;
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solved(matrix);
    if (solved.eigenvalues().minCoeff() < -kRounding) {
        rows.error("numbers cannot go together like this",
                   "correlations that allow one another: two that both go with a third go with each other");
        return;
    }
    const Eigen::VectorXd widths = solved.eigenvalues().cwiseMax(0).cwiseSqrt();
    for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
        for (Eigen::Index j = 0; j < matrix.cols(); ++j) {
            read.factor.push_back(solved.eigenvectors()(i, j) * widths[j]);
        }
    }
    profile.correlations = std::move(read);
}

}  // namespace berth
