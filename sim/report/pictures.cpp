// Draws all pictures of a result.
#include "berth/report/pictures.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "berth/base/atomic_file.h"
#include "report/drawing_program.h"
#include "report/names.h"
#include "report/plot_style.h"
#include "report/unnamed_file.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

/// PNG and SVG output of gnuplot for one picture.
struct DrawnFiles {
    UnnamedFile png, svg;
};

std::vector<Drawing> all_drawings(const ScenarioResult& result, const Profile& profile,
                                  std::span<const TokenCurves> curves, const DesignReview& review) {
    std::vector<Drawing> all = class_drawings(result);
    for (auto& more : {placement_drawings(result), timeline_drawings(result), token_drawings(curves, result, profile),
                       roofline_drawings(result, profile)}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    if (review.sensitivity) {
        const auto tornado = tornado_drawings(*review.sensitivity);
        all.insert(all.end(), tornado.begin(), tornado.end());
    }
    return all;
}

/// Drawings with unique file names: of two stages `a b` and `a/b` the second gets a number.
std::vector<Drawing> with_file_names(std::vector<Drawing> drawings) {
    std::set<std::string> taken;
    for (Drawing& drawing : drawings) {
        const std::string wanted = file_stem(drawing.picture.name);
        std::string& name = drawing.picture.name = wanted;
        for (int next = 2; !taken.insert(name).second; ++next) {
            name = fmt::format("{}-{}", wanted, next);
        }
    }
    return drawings;
}

}  // namespace

std::vector<Picture> draw_pictures(const ScenarioResult& result, const Profile& profile,
                                   std::span<const TokenCurves> curves, const DesignReview& review,
                                   Diagnostics& diagnostics) {
    return drawn(all_drawings(result, profile, curves, review), diagnostics);
}

std::vector<Picture> drawn(std::vector<Drawing> drawings, Diagnostics& diagnostics) {
    drawings = with_file_names(std::move(drawings));
    const std::vector<DrawnFiles> files(drawings.size());
    std::string commands;
    for (std::size_t i = 0; i < drawings.size(); ++i) {
        if (!files[i].png.is_open() || !files[i].svg.is_open()) {
            diagnostics.error({}, "cannot make temporary files for the pictures");
            return {};
        }
        commands += script(drawings[i], files[i].png.path_for_child(), files[i].svg.path_for_child());
    }
    if (!run_gnuplot(commands, diagnostics)) {
        return {};
    }
    std::vector<Picture> pictures;
    for (std::size_t i = 0; i < drawings.size(); ++i) {
        Picture& picture = drawings[i].picture;
        picture.svg = files[i].svg.content();
        picture.png = files[i].png.content();
        picture.csv = std::move(drawings[i].csv);
        if (picture.svg.empty() || picture.png.empty()) {
            diagnostics.error(SourceLocation(picture.name), "gnuplot drew nothing");
        } else {
            pictures.push_back(std::move(picture));
        }
    }
    return pictures;
}

std::vector<Picture> write_pictures(const fs::path& directory, std::vector<Picture> pictures,
                                    Diagnostics& diagnostics) {
    std::erase_if(pictures, [&](const Picture& picture) {
        const auto written = [&](const char* type, const std::string& content) {
            return write_file(directory / (picture.name + type), content, diagnostics);
        };
        const bool png = written(".png", picture.png);
        const bool svg = written(".svg", picture.svg);
        return !(picture.csv.empty() || written(".csv", picture.csv)) || !png || !svg;
    });
    return pictures;
}

}  // namespace berth
