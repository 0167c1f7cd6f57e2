// Represents blocks along a path by two numbers per node: the last path operator that leads to it, and the first that
// it leads to.
#include "placement/costed/path_bound.h"

#include <algorithm>
#include <limits>

#include "base/index.h"
#include "base/mapped.h"
#include "placement/tolerances.h"

namespace berth {

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kRoundedDown = 1 - kSumRounding;
constexpr std::size_t kMostPathStates = 4'000'000;  // per path: states of blocks used and completed operators
constexpr std::size_t kMostSteps = 100'000'000;     // per path: steps of growing stretches

class PathProgramme {
  public:
    PathProgramme(const CostedGraph& graph, const Relations& relations, const Path& path)
        : graph_(graph),
          relations_(relations),
          path_(path),
          length_(static_cast<int>(path.size())),
          nodes_(graph.nodes.size()) {
        in_block_.assign(nodes_, 0);
        received_.assign(nodes_, 0);
        stops_at_.assign(path.size(), 0);
        find_spans();
        find_ends();
    }

    double bound() {
        // If there are too many states to count blocks, their number is unlimited: a single row in which transitions
        // stay.
        const std::size_t blocks = std::min(graph_.accelerators, path_.size());
        const bool counted = (blocks + 1) * path_.size() <= kMostPathStates;
        const std::size_t rows = counted ? blocks + 1 : 1;
        // [blocks used][completed operators] earliest time at which the first operators of the path are complete and
        // visible.
        std::vector<std::vector<double>> done(rows, std::vector<double>(path_.size() + 1, kNever));
        done[0][0] = 0;
        for (int start = 0; start < length_; ++start) {
            const double slow = graph_.cpus > 0 ? graph_.nodes[at(path_[at(start)])].cpu_time : kNever;
            for (auto& row : done) {
                row[at(start) + 1] = std::min(row[at(start) + 1], row[at(start)] + slow);
            }
            grow(start, [&](int end, double time) {
                for (std::size_t used = 0; used + (counted ? 1 : 0) < rows; ++used) {
                    double& then = done[used + (counted ? 1 : 0)][at(end)];
                    then = std::min(then, done[used][at(start)] + time);
                }
            });
            if (steps_ > kMostSteps) {
                return 0;
            }
        }
        double best = kNever;
        for (const auto& row : done) {
            best = std::min(best, row.back());
        }
        return best == kNever ? 0 : best * kRoundedDown;
    }

  private:
    // Positions on the path start at 0; -1 and length_ mean none.
    void find_spans() {
        after_.assign(nodes_, -1);
        before_.assign(nodes_, length_);
        for (int i = 0; i < length_; ++i) {
            after_[at(path_[at(i)])] = before_[at(path_[at(i)])] = i;
        }
        for (const int node : relations_.order) {
            for (const int producer : relations_.producers[at(node)]) {
                after_[at(node)] = std::max(after_[at(node)], after_[at(producer)]);
            }
        }
        const std::vector<int> backwards(relations_.order.rbegin(), relations_.order.rend());
        for (const int node : backwards) {
            for (const int consumer : relations_.consumers[at(node)]) {
                before_[at(node)] = std::min(before_[at(node)], before_[at(consumer)]);
            }
        }
        met_at_.resize(path_.size());
        for (std::size_t node = 0; node < nodes_; ++node) {
            if (before_[node] < length_ && after_[node] >= 0) {
                met_at_[at(before_[node])].push_back(static_cast<int>(node));
            }
        }
    }

    void find_ends() {
        class_before_ = before_;
        std::vector<int> class_after = after_;
        for (const auto& members : relations_.classes) {
            for (const int node : members) {
                class_before_[at(members.front())] = std::min(class_before_[at(members.front())], before_[at(node)]);
                class_after[at(members.front())] = std::max(class_after[at(members.front())], after_[at(node)]);
            }
            for (const int node : members) {
                class_before_[at(node)] = class_before_[at(members.front())];
                class_after[at(node)] = class_after[at(members.front())];
            }
        }
        read_until_.assign(nodes_, -1);
        for (const auto& [producer, consumer] : graph_.edges) {
            read_until_[at(producer)] = std::max(read_until_[at(producer)], class_after[at(consumer)]);
        }
    }

    /// A block that contains the path from `start` to before `end`, with everything that this implies.
    struct Stretch {
        int start = 0, end = 0;
        double computing = 0, receiving = 0, sending = 0, size = 0;
        int furthest = 0;  ///< last path position that leads to a member
        bool possible = true;
    };

    // Calls `reached(end, time)` for each feasible stretch [start, end) of a block.
    template <class Reached>
    void grow(int start, const Reached& reached) {
        if (graph_.accelerators == 0) {
            return;
        }
        ++mark_;
        Stretch stretch;
        stretch.start = start;
        for (const int position : touched_) {
            stops_at_[at(position)] = 0;
        }
        touched_.clear();
        for (int last = start; last < length_; ++last) {
            stretch.end = last + 1;
            stretch.sending -= stops_at_[at(last)];
            for (const int node : met_at_[at(last)]) {
                if (after_[at(node)] >= start) {
                    add_with_class(node, stretch);
                }
            }
            const bool fits = stretch.size * kRoundedDown <= graph_.accelerator_memory;
            if (!stretch.possible || !fits || steps_ > kMostSteps) {
                return;
            }
            if (stretch.furthest <= last) {
                reached(stretch.end, stretch.computing + stretch.receiving + std::max(stretch.sending, 0.0));
            }
        }
    }

    void add_with_class(int node, Stretch& stretch) {
        add(node, stretch);
        if (const int its = relations_.class_of[at(node)]; its >= 0) {
            for (const int member : relations_.classes[at(its)]) {
                add(member, stretch);
            }
        }
    }

    void add(int node, Stretch& stretch) {
        if (in_block_[at(node)] == mark_) {
            return;
        }
        ++steps_;
        in_block_[at(node)] = mark_;
        const CostedNode& costs = graph_.nodes[at(node)];
        stretch.computing += costs.accelerator_time;
        stretch.size += costs.size;
        stretch.furthest = std::max(stretch.furthest, after_[at(node)]);
        // A node that leads to a path operator before the stretch would bring that operator into the block too.
        stretch.possible = stretch.possible && costs.on_accelerator && before_[at(node)] >= stretch.start;
        for (const int producer : relations_.producers[at(node)]) {
            if (class_before_[at(producer)] < stretch.start && received_[at(producer)] != mark_) {
                received_[at(producer)] = mark_;
                stretch.receiving += graph_.nodes[at(producer)].transfer;
            }
        }
        if (read_until_[at(node)] >= stretch.end) {
            stretch.sending += costs.transfer;
            stops_at_[at(read_until_[at(node)])] += costs.transfer;
            touched_.push_back(read_until_[at(node)]);
        }
    }

    const CostedGraph& graph_;
    const Relations& relations_;
    const Path& path_;
    int length_;
    std::size_t nodes_;
    std::vector<int> after_;   ///< [node] last path position that leads to it
    std::vector<int> before_;  ///< [node] first path position that it leads to
    /// [node] the same for its whole colour class, which cannot be in a block that starts later
    std::vector<int> class_before_;
    std::vector<int> read_until_;           ///< [node] last path position that leads to the class of one of its readers
    std::vector<std::vector<int>> met_at_;  ///< [path position] nodes between path operators, by `before_`
    std::vector<int> in_block_, received_;  ///< [node] number of the latest stretch that counted it
    int mark_ = 0;
    std::vector<double> stops_at_;  ///< [path position] transfers of the stretch with no reader beyond it
    std::vector<int> touched_;      ///< positions of `stops_at_` that are not 0
    std::size_t steps_ = 0;
};

}  // namespace

Path heaviest_path(const Relations& relations, const std::vector<double>& weight) {
    std::vector<double> sum(weight.size());
    std::vector<int> from(weight.size(), -1);
    int last = relations.order.front();
    for (const int node : relations.order) {
        for (const int producer : relations.producers[at(node)]) {
            if (from[at(node)] < 0 || sum[at(producer)] > sum[at(from[at(node)])]) {
                from[at(node)] = producer;
            }
        }
        sum[at(node)] = weight[at(node)] + (from[at(node)] < 0 ? 0 : sum[at(from[at(node)])]);
        last = sum[at(node)] > sum[at(last)] ? node : last;
    }
    Path path;
    for (int node = last; node >= 0; node = from[at(node)]) {
        path.push_back(node);
    }
    std::ranges::reverse(path);
    return path;
}

double path_bound(const CostedGraph& graph, const Relations& relations, const Path& path) {
    return PathProgramme(graph, relations, path).bound();
}

double latency_bound(const CostedGraph& graph, const Relations& relations) {
    const auto weights = [&](const auto& weight_of) { return mapped<double>(graph.nodes, weight_of); };
    const auto fastest = [&](const CostedNode& node) {
        const bool fast = node.on_accelerator && graph.accelerators > 0;
        return std::min(fast ? node.accelerator_time : kNever, graph.cpus > 0 ? node.cpu_time : kNever);
    };
    double bound = sum_of<double>(heaviest_path(relations, weights(fastest)),
                                  [&](const int node) { return fastest(graph.nodes[at(node)]); });
    bound *= kRoundedDown;
    std::vector<Path> tried;
    const auto attempt = [&](const auto& weight_of) {
        Path path = heaviest_path(relations, weights(weight_of));
        if (std::ranges::find(tried, path) == tried.end()) {
            bound = std::max(bound, path_bound(graph, relations, path));
            tried.push_back(std::move(path));
        }
    };
    attempt([](const CostedNode& node) { return node.cpu_time; });
    attempt([](const CostedNode& node) { return node.accelerator_time; });
    attempt([](const CostedNode& node) { return node.transfer; });
    attempt([](const CostedNode& node) { return node.size; });
    attempt([](const CostedNode& node) { return std::min(node.cpu_time, node.accelerator_time + node.transfer); });
    return bound;
}

}  // namespace berth
