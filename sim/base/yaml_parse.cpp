// Builds the tree from yaml-cpp's parse events. The only file that sees yaml-cpp.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "base/yaml_tree.h"

namespace berth {

namespace {

class TreeBuilder final : public YAML::EventHandler {
  public:
    TreeBuilder(std::shared_ptr<const std::string> file, Diagnostics& diagnostics)
        : file_(std::move(file)), diagnostics_(diagnostics) {}

    [[nodiscard]] YamlPointer root() const { return root_; }
    [[nodiscard]] int documents() const { return documents_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ == 2) {
            diagnostics_.error(at(mark), "text after the end of the document", "a single document");
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(make(YamlKind::kNull, mark), anchor); }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        // Most scalars are keys, which need no value of their own.
        if (anchor == 0 && !open_.empty() && open_.back().value->kind == YamlKind::kMap && !open_.back().has_key) {
            ++open_.back().size;
            name_key(open_.back(), text, at(mark));
            return;
        }
        auto value = make(YamlKind::kScalar, mark);
        value->text = text;
        value->quoted = tag == "!";  // yaml-cpp tags quoted scalars "!" and plain ones "?"
        add(std::move(value), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            diagnostics_.error(at(mark), "an alias within the very value that it names");
            add(make(YamlKind::kNull, mark), 0);
            return;
        }
        attach(found->second.value, at(mark), found->second.size);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open_.push_back({make(YamlKind::kSequence, mark), anchor, {}, {}, false, {}, 1});
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open_.push_back({make(YamlKind::kMap, mark), anchor, {}, {}, false, {}, 1});
    }
    void OnMapEnd() override { close(); }

  private:
    // A sequence or map that is not finished yet.
    struct Open {
        std::shared_ptr<YamlValue> value;
        YAML::anchor_t anchor = 0;
        std::string key;
        SourceLocation key_where;
        bool has_key = false;
        std::unordered_set<std::string> keys;  // of a map of many: of a few, the members tell
        std::size_t size = 1;                  // values in it, those behind aliases as often as they are named
    };

    struct Anchored {
        YamlPointer value;
        std::size_t size = 1;
    };

    // Aliases of aliases can make a file of a few lines larger than any memory.
    static constexpr std::size_t kMostValues = 20'000'000;

    [[nodiscard]] SourceLocation at(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

    [[nodiscard]] std::shared_ptr<YamlValue> make(YamlKind kind, const YAML::Mark& mark) const {
        auto value = std::make_shared<YamlValue>();
        value->kind = kind;
        value->where = at(mark);
        return value;
    }

    void add(std::shared_ptr<YamlValue> value, YAML::anchor_t anchor, std::size_t size = 1) {
        // The place of nothing is the next token, lines below perhaps; its key says it better.
        if (value->kind == YamlKind::kNull && !open_.empty() && open_.back().has_key) {
            value->where = open_.back().key_where;
        }
        if (anchor != 0) {
            anchors_[anchor] = {value, size};
        }
        const SourceLocation where = value->where;
        attach(std::move(value), where, size);
    }

    void attach(YamlPointer value, const SourceLocation& where, std::size_t size) {
        if (open_.empty()) {
            root_ = root_ ? root_ : std::move(value);
            return;
        }
        Open& parent = open_.back();
        if (parent.size + size > kMostValues) {
            throw YAML::Exception(YAML::Mark::null_mark(), "aliases name more than 20 million values");
        }
        parent.size += size;
        if (parent.value->kind == YamlKind::kSequence) {
            parent.value->items.push_back(std::move(value));
        } else if (!parent.has_key) {
            take_key(parent, *value, where);
        } else {
            parent.value->members.push_back({std::move(parent.key), parent.key_where, std::move(value)});
            parent.has_key = false;
        }
    }

    void take_key(Open& parent, const YamlValue& key, const SourceLocation& where) {
        if (key.kind == YamlKind::kScalar) {
            name_key(parent, key.text, where);
            return;
        }
        parent.has_key = true;
        parent.key = key.text;
        parent.key_where = where;
        diagnostics_.error(where, "a key must be a single word or text");
    }

    void name_key(Open& parent, const std::string& key, const SourceLocation& where) {
        parent.has_key = true;
        parent.key = key;
        parent.key_where = where;
        if (!is_new(parent)) {
            diagnostics_.error(where, fmt::format("the key '{}' appears twice", key));
        }
    }

    static bool is_new(Open& parent) {
        constexpr std::size_t kFew = 16;
        const auto& members = parent.value->members;
        if (members.size() < kFew) {
            return std::ranges::find(members, parent.key, &YamlMember::key) == members.end();
        }
        if (parent.keys.empty()) {
            std::ranges::transform(members, std::inserter(parent.keys, parent.keys.end()), &YamlMember::key);
        }
        return parent.keys.insert(parent.key).second;
    }

    void close() {
        Open finished = std::move(open_.back());
        open_.pop_back();
        add(std::move(finished.value), finished.anchor, finished.size);
    }

    std::shared_ptr<const std::string> file_;
    Diagnostics& diagnostics_;
    int documents_ = 0;
    YamlPointer root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
};

}  // namespace

YamlPointer parse_yaml(std::string_view text, const std::shared_ptr<const std::string>& file,
                       Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    TreeBuilder builder(file, diagnostics);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        // Never further than a second document: after a stray "," yaml-cpp offers empty ones for ever.
        while (builder.documents() < 2 && parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& failure) {
        const bool placed = !failure.mark.is_null();
        diagnostics.error(
            SourceLocation(file, placed ? failure.mark.line + 1 : 0, placed ? failure.mark.column + 1 : 0),
            fmt::format("not valid YAML: {}", failure.msg));
    }
    if (diagnostics.error_count() != errors_before) {
        return nullptr;
    }
    if (builder.root()) {
        return builder.root();
    }
    auto nothing = std::make_shared<YamlValue>();
    nothing->where = SourceLocation(file, 1, 1);
    return nothing;
}

}  // namespace berth
