// Reads and writes the `machine:` section of a profile.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "base/yaml_text.h"
#include "berth/hardware/machine.h"
#include "hardware/profile_reading.h"

namespace berth {

namespace {

std::optional<std::string> text_at(const YamlNode& map, std::string_view key) {
    const auto node = map.find(key);
    return node ? node->text() : std::nullopt;
}

std::optional<int> count_at(const YamlNode& map, std::string_view key, std::int64_t least) {
    const auto node = map.find(key);
    const auto count = node ? node->integer({least, std::numeric_limits<std::int32_t>::max()}) : std::nullopt;
    return count ? std::optional(static_cast<int>(*count)) : std::nullopt;
}

template <class Q>
std::optional<Q> quantity_at(const YamlNode& map, std::string_view key) {
    const auto node = map.find(key);
    return node ? node->quantity<Q>() : std::nullopt;
}

std::optional<std::vector<std::string>> texts_at(const YamlNode& map, std::string_view key) {
    const auto node = map.find(key);
    if (!node) {
        return std::nullopt;
    }
    std::vector<std::string> texts;
    for (const YamlNode& item : node->sequence()) {
        texts.push_back(text_or_empty(item));
    }
    return texts;
}

std::optional<std::vector<CacheFacts>> caches_at(const YamlNode& map, std::string_view key) {
    const auto node = map.find(key);
    if (!node) {
        return std::nullopt;
    }
    std::vector<CacheFacts> caches;
    for (const YamlNode& item : node->sequence()) {
        CacheFacts cache;
        cache.level = static_cast<int>(integer_in(kCoreRange, item, "level"));
        cache.size = item.require("size", "a size such as 32 KiB").quantity<Bytes>().value_or(Bytes{});
        cache.shared_by = static_cast<int>(integer_in(kCountRange, item, "shared_by", 1));
        item.reject_unknown_keys();
        caches.push_back(cache);
    }
    return caches;
}

bool is_day(const std::string& text) {
    constexpr std::string_view kForm = "0000-00-00";
    return text.size() == kForm.size() && std::ranges::equal(text, kForm, [](char given, char form) {
               return form == '0' ? given >= '0' && given <= '9' : given == form;
           });
}

std::optional<std::string> day_at(const YamlNode& map, std::string_view key) {
    const auto node = map.find(key);
    auto text = node ? node->text() : std::nullopt;
    if (text && !is_day(*text)) {
        node->error(fmt::format("'{}' is no day", *text), "a day such as 2026-11-22");
        return std::nullopt;
    }
    return text;
}

// Writes keys with their values, in order; an absent value leaves its key empty.
class MachineLines {
  public:
    void add(std::string_view key, const std::string& written) {
        text_ += written.empty() ? fmt::format("  {}:\n", key) : fmt::format("  {}: {}\n", key, written);
    }
    void add(std::string_view key, const std::optional<std::string>& text) { add(key, text ? yaml_scalar(*text) : ""); }
    void add(std::string_view key, const std::optional<int>& count) {
        add(key, count ? fmt::format("{}", *count) : std::string());
    }
    template <int T, int B, int O, int E>
    void add(std::string_view key, const std::optional<Quantity<T, B, O, E>>& quantity) {
        add(key, quantity ? to_text(*quantity) : std::string());
    }
    void add(std::string_view key, const std::optional<std::vector<std::string>>& texts) {
        std::vector<std::string> items;
        for (const std::string& text : texts.value_or(std::vector<std::string>{})) {
            items.push_back(yaml_scalar(text));
        }
        add(key, texts ? fmt::format("[{}]", fmt::join(items, ", ")) : std::string());
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_ = "machine:\n";
};

std::string caches_text(const std::optional<std::vector<CacheFacts>>& caches) {
    if (!caches) {
        return "";
    }
    std::vector<std::string> items;
    for (const CacheFacts& cache : *caches) {
        items.push_back(
            fmt::format("{{level: {}, size: {}, shared_by: {}}}", cache.level, to_text(cache.size), cache.shared_by));
    }
    return fmt::format("[{}]", fmt::join(items, ", "));
}

}  // namespace

std::optional<MachineDescription> read_machine(const YamlNode& node) {
    if (!node) {
        return std::nullopt;
    }
    MachineDescription machine;
    machine.processor = text_or_empty(node.require("processor", "the processor's name as the system gives it"));
    machine.vendor = text_at(node, "vendor");
    machine.family = count_at(node, "family", 0);
    machine.model = count_at(node, "model", 0);
    machine.stepping = count_at(node, "stepping", 0);
    machine.microcode = text_at(node, "microcode");
    machine.instructions = texts_at(node, "instructions");
    machine.cores = count_at(node, "cores", 1);
    machine.threads_per_core = count_at(node, "threads_per_core", 1);
    machine.base_clock = quantity_at<Frequency>(node, "base_clock");
    machine.highest_clock = quantity_at<Frequency>(node, "highest_clock");
    machine.clock = quantity_at<Frequency>(node, "clock");
    machine.caches = caches_at(node, "caches");
    machine.memory = quantity_at<Bytes>(node, "memory");
    machine.memory_kind = text_at(node, "memory_kind");
    if (const auto is_virtual = node.find("virtual")) {
        machine.is_virtual = is_virtual->boolean();
    }
    machine.system = text_at(node, "system");
    machine.libraries = texts_at(node, "libraries");
    machine.compiler = text_at(node, "compiler");
    machine.measured = day_at(node, "measured");
    node.reject_unknown_keys();
    return machine;
}

std::string machine_yaml(const MachineDescription& machine) {
    MachineLines lines;
    lines.add("processor", std::optional(machine.processor));
    lines.add("vendor", machine.vendor);
    lines.add("family", machine.family);
    lines.add("model", machine.model);
    lines.add("stepping", machine.stepping);
    lines.add("microcode", machine.microcode);
    lines.add("instructions", machine.instructions);
    lines.add("cores", machine.cores);
    lines.add("threads_per_core", machine.threads_per_core);
    lines.add("base_clock", machine.base_clock);
    lines.add("highest_clock", machine.highest_clock);
    lines.add("clock", machine.clock);
    lines.add("caches", caches_text(machine.caches));
    lines.add("memory", machine.memory);
    lines.add("memory_kind", machine.memory_kind);
    lines.add("virtual", machine.is_virtual ? std::string(*machine.is_virtual ? "true" : "false") : std::string());
    lines.add("system", machine.system);
    lines.add("libraries", machine.libraries);
    lines.add("compiler", machine.compiler);
    lines.add("measured", machine.measured);
    return lines.text();
}

namespace {

constexpr std::string_view kComment = "# ";

}  // namespace

std::string machine_head(const MachineDescription& machine) {
    std::istringstream lines(machine_yaml(machine));
    std::string head;
    for (std::string line; std::getline(lines, line);) {
        const bool known = head.empty() || !line.ends_with(':');
        head += known ? fmt::format("{}{}\n", kComment, line) : "";
    }
    return head;
}

std::optional<MachineDescription> machine_in_head(std::string_view text) {
    std::string yaml;
    while (text.starts_with(kComment)) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        yaml += fmt::format("{}\n", text.substr(kComment.size(), end - kComment.size()));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    Diagnostics ignored;  // the comment may be unrelated
    const auto document = yaml.starts_with("machine:\n") ? YamlDocument::parse(yaml, "head", ignored) : std::nullopt;
    const auto node = document ? document->root(ignored).find("machine") : std::nullopt;
    auto machine = node ? read_machine(*node) : std::nullopt;
    return ignored.has_errors() ? std::nullopt : std::move(machine);
}

}  // namespace berth
