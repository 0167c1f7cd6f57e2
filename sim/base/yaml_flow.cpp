// Writes nodes in flow style on one line, as `--set` accepts them.
#include <string>

#include "base/yaml_tree.h"

namespace berth {

namespace {

// Quotes plain text that YAML would read as something else.
std::string scalar_text(const YamlValue& node, bool inside) {
    const bool special = node.text.empty() || node.text.find(": ") != std::string::npos ||
                         node.text.find(" #") != std::string::npos || node.text.find('\n') != std::string::npos ||
                         (inside && node.text.find_first_of(",[]{}") != std::string::npos) ||
                         std::string_view("[{&*!|>'\"%@`#").find(node.text.front()) != std::string_view::npos;
    if (!special) {
        return node.text;
    }
    std::string text = "\"";
    for (const char c : node.text) {
        text += c == '"' || c == '\\' ? std::string{'\\', c} : c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return text + "\"";
}

std::string text_of(const YamlValue& node, bool inside) {
    std::string text;
    switch (node.kind) {
        case YamlKind::kNull:
            return "~";
        case YamlKind::kScalar:
            return scalar_text(node, inside);
        case YamlKind::kSequence:
            for (const YamlPointer& item : node.items) {
                text += (text.empty() ? "" : ", ") + text_of(*item, true);
            }
            return "[" + text + "]";
        case YamlKind::kMap:
            for (const YamlMember& member : node.members) {
                text += (text.empty() ? "" : ", ") + member.key + ": " + text_of(*member.value, true);
            }
            return "{" + text + "}";
    }
    return text;
}

}  // namespace

std::string flow_text(const YamlValue& node) { return text_of(node, false); }

}  // namespace berth
