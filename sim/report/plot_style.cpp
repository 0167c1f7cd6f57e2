// Sizes, fonts, colours and common parts of the gnuplot scripts.
#include "report/plot_style.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/mapped.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr double kUnitsPerPoint = 4.0 / 3.0;

/// Per-terminal settings that make the same commands look equal: svg measures fonts in picture units and scales symbols
/// and tics with the font.
struct Terminal {
    std::string_view name;
    double font_scale = 1;
    double symbol_scale = 1;
};

std::string commands_for(const Terminal& terminal, const Drawing& drawing, std::string_view output) {
    std::string text = "reset\nset encoding utf8\n";
    text += fmt::format("set terminal {} noenhanced size {},{} font 'DejaVu Sans,{}' background rgb 'white'\n",
                        terminal.name, kPictureWidth, drawing.height, plotted(kFontSize * terminal.font_scale));
    text += fmt::format("{} = ',{}'\n{} = {}\n", kSmallFont, plotted(kSmallFontSize * terminal.font_scale),
                        kSymbolScale, plotted(terminal.symbol_scale));
    text += fmt::format("set output {}\n{}unset output\n", gnuplot_text(output), drawing.commands);
    return text;
}

constexpr double kAboveAxis = 80;   // room for the title
constexpr double kSecondLine = 36;  // extra room for a second title line
constexpr double kEdge = 20;
constexpr double kBelowAxis = 112;  // tics and the name of the axis
constexpr double kLegendRow = 40;
constexpr double kMarkWidth = 44;
constexpr double kMarkGap = 12;
constexpr double kEntryGap = 40;

/// Advance of a character of DejaVu Sans as a share of the font size, by groups of similar width.
double glyph_width(char c) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) {
        return 0;  // continues a code point
    }
    constexpr std::string_view kNarrow = "ijl|'";
    constexpr std::string_view kSlim = " .,:;!/ftr()[]I-";
    constexpr std::string_view kWide = "mwMW%@";
    if (kNarrow.find(c) != std::string_view::npos) {
        return 0.29;
    }
    if (kSlim.find(c) != std::string_view::npos) {
        return 0.38;
    }
    if (kWide.find(c) != std::string_view::npos) {
        return 0.96;
    }
    return c >= 'A' && c <= 'Z' ? 0.70 : 0.62;
}

double entry_width(const LegendEntry& entry) { return kMarkWidth + kMarkGap + text_width(entry.title) + kEntryGap; }

std::vector<std::vector<LegendEntry>> legend_rows(const std::vector<LegendEntry>& legend, double left) {
    std::vector<std::vector<LegendEntry>> rows;
    double x = 0;
    for (const LegendEntry& entry : legend) {
        const double end = x + entry_width(entry) - kEntryGap;
        if (rows.empty() || end > kPictureWidth - 20) {
            rows.emplace_back();
            x = left;
        }
        rows.back().push_back(entry);
        x += entry_width(entry);
    }
    return rows;
}

std::string legend_line(double x1, double x2, double y, int height, std::string_view style) {
    return fmt::format("set arrow from screen {}, screen {} to screen {}, screen {} {} front\n",
                       plotted(x1 / kPictureWidth), plotted(y / height), plotted(x2 / kPictureWidth),
                       plotted(y / height), style);
}

std::string legend_mark(const LegendEntry& entry, double x, double y, int height) {
    const double end = x + kMarkWidth;
    switch (entry.mark) {
        case LegendMark::kBox:
            return fmt::format(
                "set object rectangle from screen {}, screen {} to screen {}, screen {} fs solid 1 noborder fc rgb "
                "'{}' front\n",
                plotted(x / kPictureWidth), plotted((y - 12) / height), plotted(end / kPictureWidth),
                plotted((y + 12) / height), entry.color);
        case LegendMark::kPoint:
            return symbol_at((x + end) / 2, y, height, entry.symbol, entry.open, 2, entry.color);
        case LegendMark::kLine:
            return legend_line(x, end, y, height, fmt::format("nohead lw 4 lc rgb '{}'", entry.color));
        case LegendMark::kDashedLine: {
            const std::string style = fmt::format("nohead lw 4 lc rgb '{}'", entry.color);
            return legend_line(x, x + 11, y, height, style) + legend_line(x + 17, x + 28, y, height, style) +
                   legend_line(x + 34, x + 45, y, height, style);
        }
        case LegendMark::kInterval:
            return legend_line(x, end, y, height,
                               fmt::format("heads size screen 0.006,90 lw 1.5 lc rgb '{}'", entry.color));
    }
    throw std::logic_error("a mark that is not drawn");
}

/// The text, shortened to fit `width` at a font size.
std::string fitted(std::string_view text, double width, int font_size) {
    std::string result = shortened(text, text.size());
    for (std::size_t columns = text.size(); columns > 3 && text_width(result, font_size) > width;) {
        result = shortened(text, --columns);
    }
    return result;
}

}  // namespace

std::string titled(std::string_view title, const std::vector<SettingChange>& changes) {
    return changes.empty() ? std::string(title) : fmt::format("{}\n{}", title, changes_text(changes));
}

std::string_view class_color(Category category) {
    switch (category) {
        case Category::kEmbedding:
            return "#CC79A7";
        case Category::kAttention:
            return "#D55E00";
        case Category::kFfn:
            return "#0072B2";
        case Category::kNorm:
            return "#009E73";
        case Category::kConvolution:
            return "#56B4E9";
        case Category::kHead:
            return "#E69F00";
        case Category::kElementwise:
            return "#F0E442";
        case Category::kConversion:
            return "#000000";
    }
    throw std::logic_error("a category without a colour");
}

std::string_view device_color(std::size_t device) {
    // Light colours, so that black text on them is legible.
    constexpr std::array<std::string_view, 6> kColors{"#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#F0E442", "#D55E00"};
    return kColors[device % kColors.size()];
}

std::string gnuplot_text(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' ? std::string("''") : std::string(1, c == '\n' ? ' ' : c);
    }
    return result + "'";
}

std::string tic_text(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        plain += c == '%' ? std::string("%%") : std::string(1, c);
    }
    return gnuplot_text(plain);
}

double text_width(std::string_view text, int font_size) {
    double width = sum_of<double>(text, [](const char c) { return glyph_width(c); });
    return width * font_size;
}

void Layers::data(std::string_view block, std::string_view lines) {
    blocks_ += fmt::format("{} << EOD\n{}EOD\n", block, lines);
}

void Layers::draw(std::string_view block, std::string_view how) {
    clauses_ += fmt::format("{}{} {}", clauses_.empty() ? "plot " : ", ", block, how);
}

void Layers::add(std::string_view block, std::string_view lines, std::string_view how) {
    if (!lines.empty()) {
        data(block, lines);
        draw(block, how);
    }
}

std::string Layers::commands() const { return blocks_ + clauses_ + "\n"; }

std::string plotted(double value) { return fmt::format("{:.7g}", value); }

Canvas canvas(double left, double plot_height, std::string_view title, std::string_view x_name, std::string_view y_name,
              const std::vector<LegendEntry>& legend) {
    const std::vector<std::vector<LegendEntry>> rows = legend_rows(legend, left);
    Canvas result;
    const double below = kBelowAxis + kLegendRow * static_cast<double>(rows.size()) + 8;
    const std::size_t line_end = std::min(title.find('\n'), title.size());
    const std::string_view second = title.substr(std::min(line_end + 1, title.size()));
    const double second_line = second.empty() ? 0 : kSecondLine;
    result.height = static_cast<int>(below + plot_height + kAboveAxis + second_line);
    result.area = {left, kPictureWidth - 44, below, below + plot_height};
    const PlotArea& area = result.area;
    const double width = kPictureWidth;
    std::string& text = result.commands;
    text += fmt::format("set lmargin at screen {}\nset rmargin at screen {}\n", plotted(area.left / width),
                        plotted(area.right / width));
    text += fmt::format("set bmargin at screen {}\nset tmargin at screen {}\n", plotted(area.bottom / result.height),
                        plotted(area.top / result.height));
    const std::string first = fitted(title.substr(0, line_end), width - 2 * kEdge, kFontSize);
    // The title starts at the left end of the axes, or further left if it is long.
    const double start = std::max(kEdge, std::min(area.left, width - kEdge - text_width(first)));
    text += label_at(start, area.top + 1.3 * kFontSize + second_line, result.height, first, "left");
    if (!second.empty()) {
        text += label_at(kEdge, area.top + 1.2 * kFontSize, result.height,
                         fitted(second, width - 2 * kEdge, kSmallFontSize), fmt::format("left font {}", kSmallFont));
    }
    text += label_at((area.left + area.right) / 2, area.bottom - 80, result.height, x_name, "center");
    if (!y_name.empty()) {
        text += label_at(30, (area.bottom + area.top) / 2, result.height, y_name, "center rotate by 90");
    }
    text += "unset key\nset border 3 lw 1.5\nset format '%g'\nset grid lc rgb '#DDDDDD' lw 1 lt 1\n";
    text += fmt::format("set tics nomirror out scale 0.6*{}\n", kSymbolScale);
    double y = area.bottom - kBelowAxis - 0.5 * kLegendRow + 8;
    for (const auto& row : rows) {
        double x = area.left;
        for (const LegendEntry& entry : row) {
            text += legend_mark(entry, x, y, result.height);
            text += label_at(x + kMarkWidth + kMarkGap, y, result.height, entry.title, "left");
            x += entry_width(entry);
        }
        y -= kLegendRow;
    }
    return result;
}

std::string symbol_at(double x, double y, int height, int symbol, bool open, double size, std::string_view color) {
    const auto one = [&](double of_size, std::string_view in_color) {
        return label_at(
            x, y, height, "",
            fmt::format("point pt {} ps {}*{} lc rgb '{}'", symbol, plotted(of_size), kSymbolScale, in_color));
    };
    return one(size, color) + (open ? one(size * kOpening, "#FFFFFF") : "");
}

std::string label_at(double x, double y, int height, std::string_view text, std::string_view options) {
    return fmt::format("set label {} at screen {}, screen {} {} front\n", gnuplot_text(text),
                       plotted(x / kPictureWidth), plotted(y / height), options);
}

std::string script(const Drawing& drawing, std::string_view png, std::string_view svg) {
    const Terminal pixels{"pngcairo", 1 / kUnitsPerPoint, 1};
    const Terminal vectors{"svg", 1, 0.36};
    return commands_for(pixels, drawing, png) + commands_for(vectors, drawing, svg);
}

}  // namespace berth
