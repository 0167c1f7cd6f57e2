// The help of commands, laid out for the width of the terminal.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "berth/text_width.h"

namespace berth {

/// For CLI::App::formatter(), before commands are added: they inherit it.
[[nodiscard]] std::shared_ptr<CLI::Formatter> help_formatter(TextWidth width);

/// A name, and what it is: beside it, from column `beside` on, or below it where the name is longer.
[[nodiscard]] std::string help_entry(const std::string& name, const std::string& description, std::size_t beside,
                                     TextWidth width);

}  // namespace berth
