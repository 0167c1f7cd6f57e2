// Help of the commands, formatted for the width of the terminal.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "berth/base/text_width.h"

namespace berth {

/// Formatter for CLI::App::formatter(); to be set before commands are added, which inherit it.
[[nodiscard]] std::shared_ptr<CLI::Formatter> help_formatter(TextWidth width);

/// A name with its description, which starts at column `beside`, or on the next line if the name is longer.
[[nodiscard]] std::string help_entry(const std::string& name, const std::string& description, std::size_t beside,
                                     TextWidth width);

}  // namespace berth
