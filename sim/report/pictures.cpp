// Draws all pictures of a result.
#include "berth/pictures.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "berth/atomic_file.h"
#include "report/gnuplot_process.h"
#include "report/names.h"
#include "report/plot_style.h"
#include "report/unnamed_file.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

/// Both forms of a picture as gnuplot writes them.
struct DrawnFiles {
    UnnamedFile png, svg;
};

std::vector<Drawing> all_drawings(const ScenarioResult& result, const Profile& profile,
                                  std::span<const TokenCurves> curves, const DesignReview& review) {
    std::vector<Drawing> all = class_drawings(result);
    for (auto& more : {placement_drawings(result), timeline_drawings(result),
                       token_drawings(curves, profile, result.changes), roofline_drawings(result, profile)}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    if (review.sensitivity) {
        const auto tornado = tornado_drawings(*review.sensitivity);
        all.insert(all.end(), tornado.begin(), tornado.end());
    }
    return all;
}

/// Drawings whose names differ: of two stages `a b` and `a/b` the second gets a number.
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

bool write_drawn(const fs::path& to, const std::string& content, Diagnostics& diagnostics) {
    if (content.empty()) {
        diagnostics.error(SourceLocation(to.string()), "gnuplot drew nothing");
        return false;
    }
    return write_file(to, content, diagnostics);
}

}  // namespace

std::vector<Picture> draw_pictures(const fs::path& directory, const ScenarioResult& result, const Profile& profile,
                                   std::span<const TokenCurves> curves, const DesignReview& review,
                                   Diagnostics& diagnostics) {
    return draw_all(directory, all_drawings(result, profile, curves, review), diagnostics);
}

std::vector<Picture> draw_all(const fs::path& directory, std::vector<Drawing> drawings, Diagnostics& diagnostics) {
    drawings = with_file_names(std::move(drawings));
    const std::vector<DrawnFiles> files(drawings.size());
    std::string commands;
    for (std::size_t i = 0; i < drawings.size(); ++i) {
        if (!files[i].png.is_open() || !files[i].svg.is_open()) {
            diagnostics.error(SourceLocation(directory.string()), "cannot make temporary files for the pictures");
            return {};
        }
        commands += script(drawings[i], files[i].png.path_for_child(), files[i].svg.path_for_child());
    }
    if (!run_gnuplot(commands, diagnostics)) {
        return {};
    }
    std::vector<Picture> drawn;
    for (std::size_t i = 0; i < drawings.size(); ++i) {
        const std::string& name = drawings[i].picture.name;
        const bool png = write_drawn(directory / (name + ".png"), files[i].png.content(), diagnostics);
        const bool svg = write_drawn(directory / (name + ".svg"), files[i].svg.content(), diagnostics);
        const bool data =
            drawings[i].csv.empty() || write_file(directory / (name + ".csv"), drawings[i].csv, diagnostics);
        if (png && svg && data) {
            drawn.push_back(drawings[i].picture);
        }
    }
    return drawn;
}

}  // namespace berth
