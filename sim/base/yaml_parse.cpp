// Parses a document: plain YAML with libyaml, all other texts and all invalid ones with yaml-cpp. The only file that
// includes yaml-cpp.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <utility>

#include "base/yaml_builder.h"
#include "base/yaml_plain.h"

namespace berth {

namespace {

/// Forwards yaml-cpp's events to the builder.
class YamlEvents final : public YAML::EventHandler {
  public:
    YamlEvents(YamlBuilder& builder, Diagnostics& diagnostics) : builder_(builder), diagnostics_(diagnostics) {}

    [[nodiscard]] int documents() const { return documents_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ == 2) {
            diagnostics_.error(builder_.at(place(mark)), "text after the end of the document", "a single document");
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        require(builder_.nothing(place(mark), anchor));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        require(
            builder_.scalar(place(mark), text, tag == "!", anchor));  // quoted scalars have the tag "!", plain ones "?"
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        require(builder_.alias(place(mark), anchor));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        builder_.start_sequence(place(mark), anchor);
    }
    void OnSequenceEnd() override { require(builder_.finish()); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        builder_.start_map(place(mark), anchor);
    }
    void OnMapEnd() override { require(builder_.finish()); }

  private:
    static YamlPlace place(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

    static void require(YamlBuilder::Grown grown) {
        if (grown == YamlBuilder::Grown::kTooLarge) {
            throw YAML::Exception(YAML::Mark::null_mark(), "aliases name more than 20 million values");
        }
    }

    YamlBuilder& builder_;
    Diagnostics& diagnostics_;
    int documents_ = 0;
};

}  // namespace

YamlPointer parse_any_yaml(std::string_view text, const std::shared_ptr<const std::string>& file,
                           Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    YamlBuilder builder(file, diagnostics);
    try {
        YamlEvents events(builder, diagnostics);
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        // Stops at the second document: after a stray "," yaml-cpp would report empty ones for ever.
        while (events.documents() < 2 && parser.HandleNextDocument(events)) {
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

YamlPointer parse_yaml(std::string_view text, const std::shared_ptr<const std::string>& file,
                       Diagnostics& diagnostics) {
    YamlPointer plain = parse_plain_yaml(text, file);
    return plain ? plain : parse_any_yaml(text, file, diagnostics);
}

}  // namespace berth
