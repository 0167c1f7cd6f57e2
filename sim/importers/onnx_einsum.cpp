// Parses the equations of Einstein sums.
#include "importers/onnx_einsum.h"

#include <algorithm>
#include <cctype>

namespace berth {

namespace {

constexpr std::string_view kEllipsis = "...";

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts{""};
    for (const char c : text) {
        if (c == at) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

/// Names the axes of an ellipsis by digits from the back, so that trailing axes match: "...ij" of four axes is "10ij".
std::optional<EinsumTerm> written_out(std::string term, std::size_t axes) {
    if (const auto at = term.find(kEllipsis); at != std::string::npos) {
        const std::size_t letters = term.size() - kEllipsis.size();
        if (letters > axes || axes - letters > 10) {
            return std::nullopt;
        }
        std::string digits;
        for (std::size_t i = axes - letters; i > 0; --i) {
            digits += static_cast<char>('0' + (i - 1));
        }
        term.replace(at, kEllipsis.size(), digits);
    }
    const bool all = std::ranges::all_of(term, [](unsigned char c) { return std::isalnum(c) != 0; });
    return all && term.size() == axes ? std::optional(term) : std::nullopt;
}

bool has(const std::string& letters, char letter) { return letters.find(letter) != std::string::npos; }

/// The output implied by a missing right side: digits first, then the letters that occur once, sorted.
EinsumTerm implied_output(const std::vector<EinsumTerm>& inputs) {
    std::map<char, int> counts;
    for (const EinsumTerm& term : inputs) {
        for (const char letter : term) {
            ++counts[letter];
        }
    }
    EinsumTerm digits;
    EinsumTerm letters;
    for (const auto& [letter, count] : counts) {
        if (std::isdigit(static_cast<unsigned char>(letter)) != 0) {
            digits.insert(digits.begin(), letter);
        } else if (count == 1) {
            letters += letter;
        }
    }
    return digits + letters;
}

}  // namespace

Shape EinsumEquation::shape(const EinsumTerm& term) const {
    Shape result;
    std::ranges::transform(term, std::back_inserter(result), [this](char letter) { return sizes.at(letter); });
    return result;
}

std::optional<EinsumEquation> einsum_equation(std::string_view text, const std::vector<Shape>& shapes) {
    std::string plain;
    std::ranges::copy_if(text, std::back_inserter(plain), [](char c) { return c != ' '; });
    const std::size_t arrow = plain.find("->");
    const auto terms = split(plain.substr(0, arrow), ',');
    if (terms.size() != shapes.size()) {
        return std::nullopt;
    }
    EinsumEquation equation;
    std::size_t spread = 0;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const auto term = written_out(terms[i], shapes[i].size());
        if (!term) {
            return std::nullopt;
        }
        const auto digits = std::ranges::count_if(*term, [](unsigned char c) { return std::isdigit(c) != 0; });
        spread = std::max(spread, static_cast<std::size_t>(digits));
        for (std::size_t axis = 0; axis < term->size(); ++axis) {
            const auto [known, added] = equation.sizes.emplace((*term)[axis], shapes[i][axis]);
            if (!added && known->second != shapes[i][axis] && known->second != 1 && shapes[i][axis] != 1) {
                return std::nullopt;
            }
            known->second = std::max(known->second, shapes[i][axis]);
        }
        equation.inputs.push_back(*term);
    }
    if (arrow == std::string::npos) {
        equation.output = implied_output(equation.inputs);
        return equation;
    }
    const std::string right = plain.substr(arrow + 2);
    const bool spreads = right.find(kEllipsis) != std::string::npos;
    const auto output = written_out(right, spreads ? right.size() - kEllipsis.size() + spread : right.size());
    const bool known = output && std::ranges::all_of(*output, [&](char c) { return equation.sizes.contains(c); });
    if (!known) {
        return std::nullopt;
    }
    equation.output = *output;
    return equation;
}

EinsumProduct einsum_product(const EinsumEquation& equation, const EinsumTerm& left, const EinsumTerm& right,
                             const std::string& kept) {
    EinsumProduct product;
    MatmulDims& d = product.dims;
    d.weights = false;
    d.m = d.k = d.n = 1;
    EinsumTerm batch;
    EinsumTerm rows;
    EinsumTerm columns;
    for (const char letter : left) {
        const std::int64_t size = equation.sizes.at(letter);
        if (has(right, letter)) {
            if (has(kept, letter)) {
                batch += letter;
                d.batch = elements_of({d.batch, size});
            } else {
                d.k = elements_of({d.k, size});
            }
        } else if (has(kept, letter)) {
            rows += letter;
            d.m = elements_of({d.m, size});
        }
    }
    for (const char letter : right) {
        if (!has(left, letter) && has(kept, letter)) {
            columns += letter;
            d.n = elements_of({d.n, equation.sizes.at(letter)});
        }
    }
    product.made = batch + rows + columns;
    return product;
}

}  // namespace berth
