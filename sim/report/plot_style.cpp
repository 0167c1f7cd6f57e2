// Size, fonts, colours and the common pieces of the gnuplot scripts.
#include "report/plot_style.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "report/text_layout.h"

namespace berth {

namespace {

// pngcairo takes points of 4/3 units, svg takes units.
constexpr double kUnitsPerPoint = 4.0 / 3.0;

}  // namespace

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
    // Light ones, so that black text can be read on them.
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

double text_width(std::string_view text, int font_size) {
    constexpr double kMeanGlyph = 0.61;  // of the font size, DejaVu Sans
    return kMeanGlyph * font_size * static_cast<double>(display_width(text));
}

std::string plotted(double value) { return fmt::format("{:.7g}", value); }

std::string frame(const PlotArea& area, int height, std::string_view title) {
    const double width = kPictureWidth;
    std::string text;
    text += fmt::format("set lmargin at screen {}\nset rmargin at screen {}\n", plotted(area.left / width),
                        plotted(area.right / width));
    text += fmt::format("set bmargin at screen {}\nset tmargin at screen {}\n", plotted(area.bottom / height),
                        plotted(area.top / height));
    text += label_at(area.left, area.top + 1.3 * kFontSize, height, title, "left");
    text += fmt::format("set key at screen {}, screen {} left bottom horizontal Left reverse samplen 1.2 spacing 1.1\n",
                        plotted(area.left / width), plotted(14.0 / height));
    text += "set border 3 lw 1.5\nset tics nomirror out scale 0.6\nset grid lc rgb '#DDDDDD' lw 1 lt 1\n";
    return text;
}

std::string label_at(double x, double y, int height, std::string_view text, std::string_view options) {
    return fmt::format("set label {} at screen {}, screen {} {} front\n", gnuplot_text(text),
                       plotted(x / kPictureWidth), plotted(y / height), options);
}

std::string script(const Drawing& drawing) {
    const std::string size = fmt::format("size {},{}", kPictureWidth, drawing.height);
    const std::string start = "reset\nset encoding utf8\n";
    return fmt::format(
        "{start}set terminal pngcairo noenhanced {size} font 'DejaVu Sans,{points}' background rgb 'white'\n"
        "{small_font} = ',{small_points}'\nset output {png}\n{commands}unset output\n"
        "{start}set terminal svg noenhanced {size} font 'DejaVu Sans,{units}' background rgb 'white'\n"
        "{small_font} = ',{small_units}'\nset output {svg}\n{commands}unset output\n",
        fmt::arg("start", start), fmt::arg("size", size), fmt::arg("points", plotted(kFontSize / kUnitsPerPoint)),
        fmt::arg("units", kFontSize), fmt::arg("small_font", kSmallFont),
        fmt::arg("small_points", plotted(kSmallFontSize / kUnitsPerPoint)), fmt::arg("small_units", kSmallFontSize),
        fmt::arg("png", gnuplot_text(drawing.picture.name + ".png")),
        fmt::arg("svg", gnuplot_text(drawing.picture.name + ".svg")), fmt::arg("commands", drawing.commands));
}

}  // namespace berth
