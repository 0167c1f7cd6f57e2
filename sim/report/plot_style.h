// Common style of all pictures: size, fonts, colours, and building blocks of a gnuplot script.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "berth/graph/operators.h"
#include "berth/report/pictures.h"

namespace berth {

/// Picture units: at a printed width of 160 mm ten units are a millimetre, so a font size of 28 units is 8 points.
inline constexpr int kPictureWidth = 1600;
inline constexpr int kFontSize = 28;
inline constexpr int kSmallFontSize = 24;
// gnuplot variables, set per terminal because terminals scale fonts and symbols differently.
inline constexpr std::string_view kSmallFont = "small_font";
inline constexpr std::string_view kSymbolScale = "symbol_scale";

/// One picture as gnuplot commands, which are run once per terminal.
struct Drawing {
    Picture picture;
    int height = 0;
    std::string commands;
    std::string csv{};  ///< plotted data for a file beside the picture; empty if another file in the folder holds it
};

/// Position of the axes, in picture units from the lower left corner.
struct PlotArea {
    double left = 0, right = 0, bottom = 0, top = 0;
};

enum class LegendMark { kBox, kPoint, kLine, kDashedLine, kInterval };

struct LegendEntry {
    LegendMark mark = LegendMark::kBox;
    std::string color;
    std::string title;
    int symbol = 7;  ///< gnuplot point type for kPoint; a filled one
    bool open = false;
};

/// Picture frame: the title above the axes, axis names and the legend below them.
struct Canvas {
    PlotArea area;
    int height = 0;
    std::string commands;
};
/// Axes of height `plot_height` from `left` to the right margin; an empty y axis name takes no room. A second line of
/// the title is set in the small font and may be as wide as the picture.
[[nodiscard]] Canvas canvas(double left, double plot_height, std::string_view title, std::string_view x_name,
                            std::string_view y_name, const std::vector<LegendEntry>& legend);

/// A title with the changed settings in its second line.
[[nodiscard]] std::string titled(std::string_view title, const std::vector<SettingChange>& changes);

// Okabe and Ito's palette: eight colours that are distinguishable for every kind of colour vision.
[[nodiscard]] std::string_view class_color(Category category);
[[nodiscard]] std::string_view device_color(std::size_t device);
inline constexpr std::string_view kHandoverColor = "#8C8C8C";
inline constexpr std::string_view kQuietColor = "#767676";
inline constexpr std::string_view kDashes = "(6,3)";  ///< dash pattern of a proposed curve

/// Text as a gnuplot string in single quotes.
[[nodiscard]] std::string gnuplot_text(std::string_view text);

/// Text as a gnuplot tic label, where a percent sign would be read as a format.
[[nodiscard]] std::string tic_text(std::string_view text);

/// Estimated width of a text in the font of the pictures, in picture units.
[[nodiscard]] double text_width(std::string_view text, int font_size = kFontSize);

/// A label at a position in picture units; `options` are gnuplot options (left, right, center, rotate, tc ...).
[[nodiscard]] std::string label_at(double x, double y, int height, std::string_view text, std::string_view options);

/// An open symbol is a filled symbol with a white one of this fraction of its size on top, because gnuplot's outline
/// symbols are too thin in one terminal.
inline constexpr double kOpening = 0.6;
/// A symbol at a position in picture units.
[[nodiscard]] std::string symbol_at(double x, double y, int height, int symbol, bool open, double size,
                                    std::string_view color);

/// What a picture plots: blocks of data, and the clauses of `plot` that draw them, from the lowest layer to the
/// highest.
class Layers {
  public:
    /// A block of data in lines of numbers.
    void data(std::string_view block, std::string_view lines);
    /// Draws the block as `how` says, such as `using 1:2 with points`.
    void draw(std::string_view block, std::string_view how);
    /// Both; nothing without lines.
    void add(std::string_view block, std::string_view lines, std::string_view how);
    /// The commands that plot all layers.
    [[nodiscard]] std::string commands() const;

  private:
    std::string blocks_, clauses_;
};

/// A line of a block of data.
template <class... Numbers>
[[nodiscard]] std::string data_line(Numbers... numbers) {
    return fmt::format("{:.7g}\n", fmt::join({static_cast<double>(numbers)...}, " "));
}

/// Script that draws a picture in both terminals, to the paths `png` and `svg`.
[[nodiscard]] std::string script(const Drawing& drawing, std::string_view png, std::string_view svg);

/// Draws the pictures under file names of letters, digits and dashes. A picture that cannot be drawn is reported and
/// leaves no file behind, however this process ends.
[[nodiscard]] std::vector<Picture> drawn(std::vector<Drawing> drawings, Diagnostics& diagnostics);

/// A number with a decimal point, short but precise enough for plotting.
[[nodiscard]] std::string plotted(double value);

// The pictures; empty if the result has no data for them.
[[nodiscard]] std::vector<Drawing> roofline_drawings(const ScenarioResult& result, const Profile& profile);
[[nodiscard]] std::vector<Drawing> class_drawings(const ScenarioResult& result);
[[nodiscard]] std::vector<Drawing> placement_drawings(const ScenarioResult& result);
[[nodiscard]] std::vector<Drawing> timeline_drawings(const ScenarioResult& result);
[[nodiscard]] std::vector<Drawing> token_drawings(std::span<const TokenCurves> curves, const ScenarioResult& result,
                                                  const Profile& profile);
[[nodiscard]] std::vector<Drawing> tornado_drawings(const Sensitivity& sensitivity);

}  // namespace berth
