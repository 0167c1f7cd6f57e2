// Puts the nodes of a graph in an order in which each reads what earlier ones make. The format demands that order, but
// converters that append nodes to a graph (casts of a conversion to float16) leave another, and runtimes accept it.
#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "importers/onnx_file.h"

namespace berth {

namespace {

using Visit = std::function<void(std::string_view)>;

void for_each_read(const OnnxNode& node, const Visit& visit);

/// Calls `visit` with each name that the body takes from around it.
void for_each_captured(const OnnxGraph& body, const Visit& visit) {
    std::unordered_set<std::string_view> own;
    for (const OnnxValue& input : body.inputs) {
        own.insert(input.name);
    }
    for (const OnnxTensor& constant : body.constants) {
        own.insert(constant.name);
    }
    for (const OnnxNode& node : body.nodes) {
        own.insert(node.outputs.begin(), node.outputs.end());
    }
    const Visit outside = [&](std::string_view name) {
        if (!own.contains(name)) {
            visit(name);
        }
    };
    for (const OnnxNode& node : body.nodes) {
        for_each_read(node, outside);
    }
    for (const OnnxValue& output : body.outputs) {
        outside(output.name);
    }
}

/// Calls `visit` with each name that the node reads, itself or in its bodies.
void for_each_read(const OnnxNode& node, const Visit& visit) {
    std::ranges::for_each(node.inputs, visit);
    for (const OnnxAttribute& attribute : node.attributes) {
        if (attribute.graph != nullptr) {
            for_each_captured(*attribute.graph, visit);
        }
    }
}

/// By node: those that read a result of it. Also counts, by node, the results of others that it reads.
struct Readers {
    std::vector<std::vector<std::size_t>> of;
    std::vector<std::size_t> awaited;
    bool in_order = true;
};

Readers readers_among(const std::vector<OnnxNode>& nodes) {
    std::unordered_map<std::string_view, std::size_t> makers;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        for (const std::string_view output : nodes[i].outputs) {
            makers.emplace(output, i);
        }
    }
    Readers readers{std::vector<std::vector<std::size_t>>(nodes.size()), std::vector<std::size_t>(nodes.size()), true};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        for_each_read(nodes[i], [&](std::string_view name) {
            const auto maker = name.empty() ? makers.end() : makers.find(name);
            if (maker != makers.end()) {
                readers.of[maker->second].push_back(i);
                ++readers.awaited[i];
                readers.in_order = readers.in_order && maker->second < i;
            }
        });
    }
    return readers;
}

}  // namespace

void put_in_order(std::vector<OnnxNode>& nodes) {
    Readers readers = readers_among(nodes);
    if (readers.in_order) {
        return;
    }
    // Of those that are ready the first in the file, so that what is in order stays as it is.
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (readers.awaited[i] == 0) {
            ready.push(i);
        }
    }
    std::vector<OnnxNode> ordered;
    ordered.reserve(nodes.size());
    while (!ready.empty()) {
        const std::size_t next = ready.top();
        ready.pop();
        ordered.push_back(std::move(nodes[next]));
        for (const std::size_t reader : readers.of[next]) {
            if (--readers.awaited[reader] == 0) {
                ready.push(reader);
            }
        }
    }
    // What is left reads itself in a circle; the first of it is refused where it is read.
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (readers.awaited[i] > 0) {
            ordered.push_back(std::move(nodes[i]));
        }
    }
    nodes = std::move(ordered);
}

}  // namespace berth
