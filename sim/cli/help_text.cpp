// Descriptions wrapped beside option names; examples wrapped with the continuation lines of a shell.
#include "cli/help_text.h"

#include <string>
#include <string_view>

#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kNameColumn = 2;
constexpr std::size_t kDescriptionColumn = 30;

class HelpFormatter : public CLI::Formatter {
  public:
    explicit HelpFormatter(TextWidth width) : width_(width), inner_{width.columns - kNameColumn} {}

    std::string make_description(const CLI::App* app) const override {
        return wrapped(CLI::Formatter::make_description(app), 0, width_);
    }
    std::string make_option(const CLI::Option* option, bool is_positional) const override {
        return entry(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
    }
    // Omits the name of a validator that the description states already.
    std::string make_option_opts(const CLI::Option* option) const override {
        constexpr std::string_view kCheck = ":POSITIVE";
        std::string text = CLI::Formatter::make_option_opts(option);
        const std::size_t at = text.find(kCheck);
        return at == std::string::npos ? text : text.erase(at, kCheck.size());
    }
    std::string make_subcommand(const CLI::App* command) const override {
        return entry(command->get_display_name(true), command->get_description());
    }
    std::string make_footer(const CLI::App* app) const override { return wrapped_lines(app->get_footer()); }

  private:
    TextWidth width_;
    TextWidth inner_;  // width inside a group, whose options are indented one step further

    std::string entry(const std::string& name, const std::string& description) const {
        const bool narrow = inner_.columns < 2 * kDescriptionColumn;
        return help_entry(name, description, narrow ? 2 * kNameColumn + 4 : kDescriptionColumn, inner_);
    }

    std::string wrapped_lines(std::string_view footer) const {
        std::string text;
        for (std::size_t at = 0; at < footer.size();) {
            const std::size_t end = std::min(footer.find('\n', at), footer.size());
            text += wrapped_command(footer.substr(at, end - at), width_);
            at = end + 1;
        }
        return text;
    }
};

}  // namespace

std::string help_entry(const std::string& name, const std::string& description, std::size_t beside, TextWidth width) {
    const std::string names = wrapped(name, kNameColumn, width, 2 * kNameColumn);
    const std::string text = wrapped(description, beside, width);
    const bool one_line = names.find('\n') == names.size() - 1 && display_width(names) < beside;
    return description.empty() ? names
           : one_line          ? names.substr(0, names.size() - 1) + text.substr(names.size() - 1)
                               : names + text;
}

std::shared_ptr<CLI::Formatter> help_formatter(TextWidth width) { return std::make_shared<HelpFormatter>(width); }

}  // namespace berth
