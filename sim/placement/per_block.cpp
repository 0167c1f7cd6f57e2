// Coarsened problems that keep each block of a model together.
#include <numeric>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include "berth/placement/placement.h"

namespace berth {

namespace {

// [operator] Number of its block; each run of operators outside the repeated blocks (embedding, head) counts as one
// more.
std::vector<int> block_of(const Graph& graph) {
    std::vector<int> block;
    int outside = graph.blocks;
    for (std::size_t op = 0; op < graph.operators.size(); ++op) {
        const int own = graph.operators[op].block;
        if (own < 0 && op > 0 && graph.operators[op - 1].block >= 0) {
            ++outside;
        }
        block.push_back(own >= 0 ? own : outside);
    }
    return block;
}

class Unions {
  public:
    explicit Unions(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }
    std::size_t root(std::size_t item) {
        while (parent_[item] != item) {
            item = parent_[item] = parent_[parent_[item]];
        }
        return item;
    }
    void join(std::size_t a, std::size_t b) { parent_[root(a)] = root(b); }

  private:
    std::vector<std::size_t> parent_;
};

void join_equal(Unions& unions, const std::vector<int>& key) {
    std::unordered_map<int, std::size_t> first;
    for (std::size_t op = 0; op < key.size(); ++op) {
        if (key[op] >= 0) {
            unions.join(op, first.emplace(key[op], op).first->second);
        }
    }
}

}  // namespace

PlacementProblem kept_together(const PlacementProblem& problem, const std::vector<int>& part) {
    Unions unions(part.size());
    join_equal(unions, part);
    join_equal(unions, problem.group);
    PlacementProblem coarse = problem;
    coarse.group.resize(part.size());
    for (std::size_t op = 0; op < part.size(); ++op) {
        coarse.group[op] = static_cast<int>(unions.root(op));
    }
    return coarse;
}

PlacementProblem per_block(const PlacementProblem& problem, const Graph& graph) {
    if (graph.operators.size() != problem.cost.size()) {
        throw std::logic_error("a placement problem of another graph");
    }
    std::vector<int> block = block_of(graph);
    std::vector<bool> usable(problem.devices, false);
    for (const auto& costs : problem.cost) {
        for (std::size_t device = 0; device < problem.devices; ++device) {
            usable[device] = usable[device] || costs[device].has_value();
        }
    }
    for (std::size_t op = 0; op < block.size(); ++op) {
        for (std::size_t device = 0; device < problem.devices; ++device) {
            if (usable[device] && !problem.cost[op][device]) {
                block[op] = -1;
            }
        }
    }
    return kept_together(problem, block);
}

}  // namespace berth
