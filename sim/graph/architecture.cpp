// Reads an architecture: sizes, checks, inputs and sections of operators, with all names and symbols resolved.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "berth/graph/model.h"
#include "graph/borrowed_sections.h"
#include "graph/expression_reader.h"
#include "graph/size_rules.h"

namespace berth {

namespace {

/// Limit on blocks: more than there can be operators.
constexpr std::int64_t kMostBlocks = 1'000'000;

/// Reads an architecture from top to bottom. Errors go to the nodes' diagnostics.
class ArchitectureReader {
  public:
    ArchitectureReader(Diagnostics& diagnostics, BorrowedSections others)
        : diagnostics_(diagnostics), others_(std::move(others)) {}

    Architecture read(const YamlNode& root) {
        result_.name = root.require("architecture", "the architecture's name").text().value_or("");
        static_cast<void>(root.find("source"));
        read_sizes(root.require("sizes", "a map of the sizes that a model gives"));
        if (const auto mappings = root.find("huggingface")) {
            result_.huggingface = read_config_mappings(*mappings, result_.sizes);
        }
        known_.insert(known_.end(), kWorkloadSymbols.begin(), kWorkloadSymbols.end());
        read_checks(root.find("checks"));
        read_inputs(root.require("inputs", "a map of what the graph is given"));
        const YamlNode sections = root.require("sections", "a list of sections with their operators");
        for (const YamlNode& node : sections.sequence()) {
            read_section(node);
        }
        if (sections.exists() && result_.sections.empty()) {
            sections.error("an architecture needs at least one section");
        }
        root.reject_unknown_keys();
        return std::move(result_);
    }

    /// Reads a written-out graph: its operators form one unnamed section and may use `batch` and `tokens`.
    Architecture read_written(const YamlNode& node) {
        result_.name = kWrittenGraph;
        known_.assign(kWorkloadSymbols.begin(), kWorkloadSymbols.end());
        if (const auto tokens = node.find("tokens")) {
            if (const auto most = tokens->integer({1, kLargestCount})) {
                result_.checks.push_back(at_most_tokens(*most, tokens->where()));
            }
        }
        read_checks(node.find("checks"));
        read_inputs(node.require("inputs", "a map of what the graph is given"));
        Section section;
        section.where = node.where();
        const YamlNode operators = node.require("operators", "a list of operators");
        written_ = true;
        read_operators(operators, known_, section);
        if (operators.exists() && section.operators.empty()) {
            operators.error("a graph needs at least one operator");
        }
        check_names(section, operators);
        node.reject_unknown_keys();
        result_.sections.push_back(std::move(section));
        return std::move(result_);
    }

  private:
    void read_sizes(const YamlNode& node) {
        const std::vector<YamlEntry> entries = node.entries();
        for (const YamlEntry& entry : entries) {
            if (!entry.value.is_map() || !(entry.value.find("default") || entry.value.find("per"))) {
                known_.push_back(entry.key);
            }
        }
        for (const YamlEntry& entry : entries) {
            if (entry.key == kRoundSymbol || std::ranges::find(kWorkloadSymbols, entry.key) != kWorkloadSymbols.end()) {
                diagnostics_.error(entry.key_where, fmt::format("'{}' cannot be a size: it is built in", entry.key));
            }
            result_.sizes.push_back(read_size(entry));
        }
    }

    SizeRule read_size(const YamlEntry& entry) {
        SizeRule rule;
        rule.name = entry.key;
        if (!entry.value.is_map()) {
            rule.meaning = entry.value.text().value_or("");
            return rule;
        }
        if (const auto per = entry.value.find("per")) {
            rule.per = read_count_of_rounds(*per);
        }
        rule.fallback = expressions_.read(entry.value.find("default"), known_in_rounds(known_, rule.per));
        if (const auto min = entry.value.find("min")) {
            rule.min = min->integer({0, kLargestCount}).value_or(rule.min);
        }
        if (const auto max = entry.value.find("max")) {
            rule.max = max->integer({rule.min, kLargestCount}).value_or(rule.max);
        }
        rule.meaning = entry.value.require("meaning", "what the size is").text().value_or("");
        if (rule.fallback && rule.per.empty()) {
            known_.push_back(rule.name);
        }
        entry.value.reject_unknown_keys();
        return rule;
    }

    /// Name of the size that counts the rounds of a size with one value per round.
    [[nodiscard]] std::string read_count_of_rounds(const YamlNode& node) const {
        std::string name = node.text().value_or("");
        if (std::ranges::find(known_, name) == known_.end()) {
            node.error(fmt::format("'{}' is no size of one value that stands before", name), list_of(known_),
                       nearest_name(name, known_));
        }
        return name;
    }

    /// Symbols available in a section repeated `rounds` times, including sizes with a value per round.
    [[nodiscard]] Known known_in_rounds(Known known, const std::string& rounds) const {
        if (!rounds.empty()) {
            known.emplace_back(kRoundSymbol);
        }
        for (const SizeRule& rule : result_.sizes) {
            if (!rule.per.empty() && rule.per == rounds) {
                known.push_back(rule.name);
            }
        }
        return known;
    }

    void read_checks(const std::optional<YamlNode>& node) {
        if (!node) {
            return;
        }
        for (const YamlNode& item : node->sequence()) {
            auto law = expressions_.read(item.require("law", "a condition such as hidden % heads == 0"), known_);
            const YamlNode message_node = item.require("message", "what to say if the law does not hold");
            const auto message = message_node.text();
            item.reject_unknown_keys();
            if (!law || !message) {
                continue;
            }
            for (const std::string& name : names_in_braces(*message)) {
                if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
                    message_node.error(fmt::format("unknown symbol '{{{}}}'", name), "", nearest_name(name, known_));
                }
            }
            result_.checks.push_back({std::move(*law), *message});
        }
    }

    void read_inputs(const YamlNode& node) {
        for (const YamlEntry& entry : node.entries()) {
            InputTemplate input;
            input.name = entry.key;
            input.where = entry.key_where;
            input.shape =
                expressions_.read_shape(entry.value.require("shape", "a list such as [batch, tokens]"), known_);
            input.integer = read_flag(entry.value.find("integer"));
            input.when = expressions_.read(entry.value.find("when"), known_);
            entry.value.reject_unknown_keys();
            if (entry.key == kPreviousResult) {
                diagnostics_.error(entry.key_where, "'input' is taken: it stands for what came before");
            }
            result_.inputs.push_back(std::move(input));
        }
    }

    /// Reads a section that stands here, or in the file that `of` names; that one's sizes are those of this file.
    void read_section(const YamlNode& node) {
        Section section;
        const YamlNode name_node = node.require("section", "the prefix of the section's operators");
        section.name = name_node.text().value_or("");
        section.where = node.where();
        if (const auto of = node.find("of")) {
            const std::size_t errors_before = diagnostics_.error_count();
            const auto given = node.find("let");
            if (const auto borrowed = others_.section(*of, section.name)) {
                read_parts(*borrowed, given, section);
                if (diagnostics_.error_count() != errors_before) {
                    of->error(fmt::format("section '{}' of '{}' does not fit the sizes and names here", section.name,
                                          of->text().value_or("")),
                              "those that it uses, as sizes of this file or in 'let'");
                }
            }
        } else {
            read_parts(node, std::nullopt, section);
        }
        node.reject_unknown_keys();
        result_.sections.push_back(std::move(section));
    }

    /// Reads a section's keys at `node`, after the locals `given` where the section is used.
    void read_parts(const YamlNode& node, const std::optional<YamlNode>& given, Section& section) {
        section.repeat = expressions_.read(node.find("repeat"), known_);
        section.when = expressions_.read(node.find("when"), known_);
        check_numbering(section, node.require("section", "the prefix of the section's operators"));
        Known known = section.repeat ? known_in_rounds(known_, section.repeat->text()) : known_;
        read_locals(section, given, known);
        read_locals(section, node.find("let"), known);
        section.weights_of = read_weights_of(node, section, known);
        const YamlNode operators = node.require("operators", "a list of operators");
        read_operators(operators, known, section);
        const YamlNode result = node.require("result", "the operator whose output leaves the section");
        section.result = result.text().value_or("");
        check_names(section, operators);
        check_result(section, result);
        node.reject_unknown_keys();
        if (!section.repeat) {
            for (const OperatorTemplate& op : section.operators) {
                earlier_.push_back(section.name + "." + op.name);
            }
        }
    }

    static void check_numbering(const Section& section, const YamlNode& name) {
        const bool numbered = section.name.find("{i}") != std::string::npos;
        if (numbered && !section.repeat) {
            name.error("{i} numbers the rounds of a section, but this one is not repeated", "a 'repeat' beside it");
        } else if (!numbered && section.repeat && name.exists()) {
            name.error("the rounds of this section would share their names", "{i} in the name");
        }
    }

    std::optional<Expression> read_weights_of(const YamlNode& node, const Section& section, const Known& known) {
        const auto round = node.find("weights_of");
        if (round && !section.repeat) {
            round->error("only the rounds of a repeated section can share weights", "a 'repeat' beside it");
        }
        return expressions_.read(round, known);
    }

    void read_operators(const YamlNode& operators, const Known& known, Section& section) {
        const std::vector<YamlNode> items = operators.sequence();
        section.operators.reserve(items.size());
        for (const YamlNode& item : items) {
            if (auto op = read_operator(item, known, section)) {
                add_operator(section, std::move(*op));
            }
        }
    }

    void read_locals(Section& section, const std::optional<YamlNode>& node, Known& known) {
        for (const YamlEntry& entry : node ? node->entries() : std::vector<YamlEntry>{}) {
            if (std::find(known.begin(), known.end(), entry.key) != known.end() || entry.key == kRoundSymbol) {
                diagnostics_.error(entry.key_where, fmt::format("'{}' already has a meaning here", entry.key));
            }
            if (auto value = expressions_.read(entry.value, known)) {
                section.locals.push_back({entry.key, std::move(*value)});
            }
            known.push_back(entry.key);
        }
    }

    void add_operator(Section& section, OperatorTemplate op) {
        const std::string full_name = section.name.empty() ? op.name : section.name + "." + op.name;
        if (!full_names_.insert(full_name).second) {
            diagnostics_.error(op.where, fmt::format("there are two operators '{}'", full_name));
        }
        if (op.name == kPreviousResult) {
            diagnostics_.error(op.where, "'input' is taken: it stands for what came before");
        }
        section.operators.push_back(std::move(op));
    }

    std::optional<OperatorTemplate> read_operator(const YamlNode& node, const Known& known, const Section& section) {
        OperatorTemplate op;
        op.where = node.where();
        const auto name = node.require("name", "the operator's name").text();
        const auto kind = read_kind(node.require("op", "the kind of operator, such as matmul"));
        if (const auto category = node.find("category")) {
            op.category = category->enumeration(kCategoryNames);
        }
        if (const auto inputs = node.find("inputs")) {
            for (const YamlNode& input : inputs->sequence()) {
                op.inputs.push_back(input.text().value_or(""));
            }
        }
        op.shape = expressions_.read_shape(
            node.require("shape", "the shape of the result, such as [batch, tokens, hidden]"), known);
        op.when = expressions_.read(node.find("when"), known);
        if (const auto otherwise = node.find("otherwise")) {
            op.otherwise = otherwise->text().value_or("");
        }
        op.output = read_flag(node.find("output"));
        op.table_of = read_owner(node.find("table_of"), section);
        op.bias_of = read_owner(node.find("bias_of"), section);
        if (const auto block = written_ ? node.find("block") : std::nullopt) {
            op.block = static_cast<int>(block->integer({0, kMostBlocks}).value_or(-1));
        }
        if (!name || !kind) {
            return std::nullopt;
        }
        op.name = *name;
        op.kind = *kind;
        const auto fields = size_fields(*kind);
        op.sizes.reserve(fields.size());
        for (const SizeField& field : fields) {
            op.sizes.push_back(read_operator_size(node, field, traits(*kind).name, known));
        }
        node.reject_unknown_keys();
        return op;
    }

    /// Operator kind; kinds seen before are looked up in a cache.
    std::optional<OperatorKind> read_kind(const YamlNode& node) {
        const auto name = node.is_scalar() ? node.text() : std::nullopt;
        if (const auto met = name ? met_.find(*name) : met_.end(); met != met_.end()) {
            return met->second;
        }
        const auto kind = node.enumeration(operator_names());
        return kind ? std::optional(met_.emplace(*name, *kind).first->second) : std::nullopt;
    }

    /// Owner of shared weights: an operator before this one in its section, or one of an earlier section that is not
    /// repeated.
    [[nodiscard]] std::string read_owner(const std::optional<YamlNode>& node, const Section& section) const {
        std::string name = node ? node->text().value_or("") : "";
        if (!node || (written_ && full_names_.contains(name))) {
            return name;
        }
        Known owners = names_of(section);
        owners.insert(owners.end(), earlier_.begin(), earlier_.end());
        if (std::find(owners.begin(), owners.end(), name) == owners.end()) {
            node->error(fmt::format("there is no operator '{}' before it in its section or in an earlier one", name),
                        "", nearest_name(name, owners));
        }
        return name;
    }

    std::optional<Expression> read_operator_size(const YamlNode& node, const SizeField& field, std::string_view kind,
                                                 const Known& known) {
        if (field.name == kInputsSize) {
            return std::nullopt;  // here `inputs` is the list of names, whose length is the size
        }
        if (field.required()) {
            return expressions_.read(node.require(field.name, fmt::format("a size of every {}", kind)), known);
        }
        return expressions_.read(node.find(field.name), known);
    }

    static bool read_flag(const std::optional<YamlNode>& node) { return node && node->boolean().value_or(false); }

    static Known names_of(const Section& section) {
        Known names;
        for (const OperatorTemplate& op : section.operators) {
            names.push_back(op.name);
        }
        return names;
    }

    /// The result is an operator of the section, or the previous result: what the section computes then stands aside.
    void check_result(const Section& section, const YamlNode& result) const {
        Known local = names_of(section);
        if (!result_.sections.empty()) {
            local.emplace_back(kPreviousResult);
        }
        if (result.exists() && std::find(local.begin(), local.end(), section.result) == local.end()) {
            result.error(fmt::format("there is no operator '{}' in this section", section.result), "",
                         nearest_name(section.result, local));
        }
    }

    /// Checks that every input names something. Runs after all operators are read, since they may be in any order.
    void check_names(const Section& section, const YamlNode& operators) const {
        Known readable = names_of(section);
        for (const InputTemplate& input : result_.inputs) {
            readable.push_back(input.name);
        }
        if (!result_.sections.empty()) {
            readable.emplace_back(kPreviousResult);
        }
        readable.insert(readable.end(), earlier_.begin(), earlier_.end());
        const std::unordered_set<std::string_view> set(readable.begin(), readable.end());
        const auto all_known = [&set](const OperatorTemplate& op) {
            return (op.otherwise.empty() || set.contains(op.otherwise)) &&
                   std::ranges::all_of(op.inputs, [&set](const std::string& input) { return set.contains(input); });
        };
        if (diagnostics_.error_count() == 0 && std::ranges::all_of(section.operators, all_known)) {
            return;  // without errors no operator was skipped
        }
        for (const YamlNode& item : operators.sequence()) {
            const auto inputs = item.is_map() ? item.find("inputs") : std::nullopt;
            auto names = inputs && inputs->is_sequence() ? inputs->sequence() : std::vector<YamlNode>{};
            if (const auto otherwise = item.is_map() ? item.find("otherwise") : std::nullopt) {
                names.push_back(*otherwise);
            }
            for (const YamlNode& input : names) {
                const auto name = input.is_scalar() ? input.text() : std::nullopt;
                if (name && !set.contains(*name)) {
                    input.error(fmt::format("there is no operator '{}' to read", *name), "",
                                nearest_name(*name, readable));
                }
            }
        }
    }

    Diagnostics& diagnostics_;
    BorrowedSections others_;
    Architecture result_;
    Known known_;
    std::vector<std::string> earlier_;            ///< full names of operators of earlier sections that are not repeated
    std::unordered_set<std::string> full_names_;  ///< full names of all operators
    std::unordered_map<std::string, OperatorKind> met_;
    ExpressionReader expressions_;
    bool written_ = false;  ///< a written-out graph, whose operators may name their block
};

}  // namespace

std::optional<Architecture> read_architecture(const YamlNode& root, const ReadDocument& read) {
    const std::size_t errors_before = root.diagnostics().error_count();
    const auto folder = std::filesystem::path(root.where().file_name()).parent_path();
    Architecture architecture = ArchitectureReader(root.diagnostics(), BorrowedSections(folder, read)).read(root);
    if (root.diagnostics().error_count() != errors_before) {
        return std::nullopt;
    }
    return architecture;
}

std::optional<Architecture> read_written_graph(const YamlNode& node) {
    const std::size_t errors_before = node.diagnostics().error_count();
    Architecture architecture = ArchitectureReader(node.diagnostics(), BorrowedSections({}, {})).read_written(node);
    if (node.diagnostics().error_count() != errors_before) {
        return std::nullopt;
    }
    return architecture;
}

SizeCheck at_most_tokens(std::int64_t tokens, const SourceLocation& where) {
    Diagnostics none;
    auto law = parse_expression(fmt::format("{} <= {}", kTokensSymbol, tokens), where, none);
    if (!law) {
        throw std::logic_error("a law of the program's own cannot be read: " + none.text());
    }
    return {std::move(*law),
            fmt::format("{{{}}} tokens are more than the {} that the graph was laid out for", kTokensSymbol, tokens)};
}

}  // namespace berth
