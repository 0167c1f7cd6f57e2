// What all pictures share: size, fonts, colours, and the pieces of a gnuplot script.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "berth/operators.h"
#include "berth/pictures.h"

namespace berth {

/// Printed 160 mm wide, ten of these units are a millimetre, so that 28 units of font are 8 points.
inline constexpr int kPictureWidth = 1600;
inline constexpr int kFontSize = 28;
inline constexpr int kSmallFontSize = 24;
// gnuplot variables: terminals count fonts and symbols differently.
inline constexpr std::string_view kSmallFont = "small_font";
inline constexpr std::string_view kSymbolScale = "symbol_scale";

/// One picture as gnuplot commands; they run once per terminal.
struct Drawing {
    Picture picture;
    int height = 0;
    std::string commands;
    std::string csv{};  ///< what is drawn, for a file beside the picture; empty: another file of the folder has it
};

/// Where the axes stand, in units from the lower left corner of the picture.
struct PlotArea {
    double left = 0, right = 0, bottom = 0, top = 0;
};

enum class LegendMark { kBox, kPoint, kLine, kDashedLine, kInterval };

struct LegendEntry {
    LegendMark mark = LegendMark::kBox;
    std::string color;
    std::string title;
    int symbol = 7;  ///< of a point: a full one, as gnuplot numbers them
    bool open = false;
};

/// A picture with its title above the axes, and the names of the axes and the legend below them.
struct Canvas {
    PlotArea area;
    int height = 0;
    std::string commands;
};
/// Axes of that height from `left` to the right margin; an empty name of the y axis takes no room. A second line of the
/// title is small, and may be as wide as the picture.
[[nodiscard]] Canvas canvas(double left, double plot_height, std::string_view title, std::string_view x_name,
                            std::string_view y_name, const std::vector<LegendEntry>& legend);

/// A title, with what was changed in its second line.
[[nodiscard]] std::string titled(std::string_view title, const std::vector<SettingChange>& changes);

// Okabe and Ito's palette: eight colours that stay apart for every kind of colour vision.
[[nodiscard]] std::string_view class_color(Category category);
[[nodiscard]] std::string_view device_color(std::size_t device);
inline constexpr std::string_view kHandoverColor = "#8C8C8C";
inline constexpr std::string_view kQuietColor = "#767676";
inline constexpr std::string_view kDashes = "(6,3)";  ///< of the line of a proposed curve

/// In single quotes, as gnuplot reads it.
[[nodiscard]] std::string gnuplot_text(std::string_view text);

/// The same for the label of a tic, in which gnuplot would take a percent sign for a format.
[[nodiscard]] std::string tic_text(std::string_view text);

/// Estimated width of a text in the pictures' font.
[[nodiscard]] double text_width(std::string_view text, int font_size = kFontSize);

/// A label at a place given in units; `options` are gnuplot's (left, right, center, rotate, tc ...).
[[nodiscard]] std::string label_at(double x, double y, int height, std::string_view text, std::string_view options);

/// What an open symbol is drawn from: the full one, and a white one of this share of its size on top. The outlines that
/// gnuplot has are too thin in one terminal.
inline constexpr double kOpening = 0.6;
/// A symbol at a place given in units.
[[nodiscard]] std::string symbol_at(double x, double y, int height, int symbol, bool open, double size,
                                    std::string_view color);

/// Commands for both terminals of a drawing, each writing to its path.
[[nodiscard]] std::string script(const Drawing& drawing, std::string_view png, std::string_view svg);

/// The drawings under names of letters, digits and dashes. What cannot be drawn is reported; no file of it is left,
/// however this process ends.
[[nodiscard]] std::vector<Picture> drawn(std::vector<Drawing> drawings, Diagnostics& diagnostics);

/// A number with a decimal point, short and exact enough to draw.
[[nodiscard]] std::string plotted(double value);

// The pictures. Absent what they would show, they are empty.
[[nodiscard]] std::vector<Drawing> roofline_drawings(const ScenarioResult& result, const Profile& profile);
[[nodiscard]] std::vector<Drawing> class_drawings(const ScenarioResult& result);
[[nodiscard]] std::vector<Drawing> placement_drawings(const ScenarioResult& result);
[[nodiscard]] std::vector<Drawing> timeline_drawings(const ScenarioResult& result);
[[nodiscard]] std::vector<Drawing> token_drawings(std::span<const TokenCurves> curves, const ScenarioResult& result,
                                                  const Profile& profile);
[[nodiscard]] std::vector<Drawing> tornado_drawings(const Sensitivity& sensitivity);

}  // namespace berth
