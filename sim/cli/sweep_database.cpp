// Rows of a sweep in an SQLite database.
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>

#include "base/mapped.h"
#include "base/overloaded.h"
#include "berth/base/quantity_text.h"
#include "cli/packed_rows.h"
#include "cli/row_sink.h"
#include "report/sweep_cells.h"

namespace berth {

namespace {

enum class ColumnType { kInteger, kReal, kTruth, kText };

struct Column {
    std::string name;
    ColumnType type{};
};

std::string_view sql_type(ColumnType type) {
    switch (type) {
        case ColumnType::kInteger:
        case ColumnType::kTruth:
            return "INTEGER";
        case ColumnType::kReal:
            return "REAL";
        case ColumnType::kText:
            break;
    }
    return "TEXT";
}

// A numeric type if all values are plain numbers, else the text that `--set` takes, including units.
ColumnType type_of(const SweepAxis& axis) {
    const auto all = [&axis](const auto& holds) {
        return std::ranges::all_of(axis.values, [&holds](const std::string& value) {
            const auto number = parse_number(value);
            return number && holds(*number);
        });
    };
    return all([](double number) { return std::floor(number) == number; }) ? ColumnType::kInteger
           : all([](double) { return true; })                              ? ColumnType::kReal
                                                                           : ColumnType::kText;
}

/// Columns of the results.
struct ResultColumns {
    static constexpr bool kEveryColumn = true;
    std::vector<Column>& columns;
    void number(const auto& name, const std::optional<double>& /*value*/) {
        columns.push_back({name(), ColumnType::kReal});
    }
    void truth(const auto& name, const std::optional<bool>& /*value*/) {
        columns.push_back({name(), ColumnType::kTruth});
    }
    void text(const auto& name, const std::string& /*value*/) { columns.push_back({name(), ColumnType::kText}); }
};

std::vector<Column> columns_of(const Sweep& sweep) {
    auto columns = mapped(sweep.axes(), [](const SweepAxis& axis) { return Column{axis.path, type_of(axis)}; });
    each_sweep_cell(sweep, {}, ResultColumns{columns});
    return columns;
}

std::string table_sql(const std::vector<Column>& columns) {
    std::vector<std::string> lines;
    for (const Column& column : columns) {
        std::string name;
        for (const char c : column.name) {
            name += c == '"' ? std::string("\"\"") : std::string(1, c);
        }
        lines.push_back(fmt::format("\"{}\" {}", name, sql_type(column.type)));
    }
    return fmt::format("CREATE TABLE sweep (\n  {}\n)", fmt::join(lines, ",\n  "));
}

// With a write-ahead log, transactions need not wait for the disk and other processes can read. Afterwards the log is
// merged so that one file remains, unless another process is reading at that moment.
constexpr const char* kWhileWriting = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL";
constexpr const char* kAfterwards = "PRAGMA journal_mode = DELETE";

class DatabaseRows : public RowSink {
  public:
    explicit DatabaseRows(std::string file) : file_(std::move(file)) {}
    DatabaseRows(const DatabaseRows&) = delete;
    DatabaseRows& operator=(const DatabaseRows&) = delete;
    ~DatabaseRows() override {
        if (database_ != nullptr) {
            sqlite3_finalize(insert_);
            sqlite3_busy_timeout(database_, 0);
            static_cast<void>(run(kAfterwards));
            sqlite3_close(database_);
        }
    }

    bool open(bool resume, const Sweep& sweep, std::size_t& done, Diagnostics& diagnostics) {
        columns_ = columns_of(sweep);
        constexpr int kPatience = 5000;  // milliseconds to wait for other readers
        if (sqlite3_open(file_.c_str(), &database_) != SQLITE_OK ||
            sqlite3_busy_timeout(database_, kPatience) != SQLITE_OK || !run(kWhileWriting)) {
            return told(diagnostics, "");
        }
        const std::string table = table_sql(columns_);
        const auto there = text_of("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'sweep'");
        if (!there) {
            return told(diagnostics, "");
        }
        if (resume && !there->empty() && *there != table) {
            diagnostics.error(SourceLocation(file_), "it was not written by this command with these options",
                              "a table 'sweep' with the same columns");
            return false;
        }
        if (!resume || there->empty()) {
            if (!run("BEGIN; DROP TABLE IF EXISTS sweep; " + table + "; COMMIT")) {
                return told(diagnostics, "");
            }
        }
        const auto count = text_of("SELECT count(*) FROM sweep");
        done = static_cast<std::size_t>(parse_number(count.value_or("0")).value_or(0));
        std::string places(2 * columns_.size() - 1, ',');
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            places[2 * c] = '?';
        }
        const std::string insert = fmt::format("INSERT INTO sweep VALUES ({})", places);
        return (count && sqlite3_prepare_v2(database_, insert.c_str(), -1, &insert_, nullptr) == SQLITE_OK) ||
               told(diagnostics, "");
    }

    bool add(const std::string& rows, Diagnostics& diagnostics) override {
        bool kept = run("BEGIN");
        for (PackedCells cells(rows); kept && !cells.over();) {
            kept = inserted(cells);
        }
        if (!kept || !run("COMMIT")) {
            told(diagnostics, "; what stands there is whole");
            static_cast<void>(run("ROLLBACK"));
            return false;
        }
        return true;
    }

  private:
    bool run(const std::string& sql) {
        return sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    }

    // The first cell of the first row; empty if there is no row; absent on failure.
    std::optional<std::string> text_of(const char* sql) {
        std::string text;
        const auto take = [](void* to, int, char** cells, char**) {
            *static_cast<std::string*>(to) = cells[0] != nullptr ? cells[0] : "";
            return 0;
        };
        return sqlite3_exec(database_, sql, take, &text, nullptr) == SQLITE_OK ? std::optional(text) : std::nullopt;
    }

    bool inserted(PackedCells& cells) {
        sqlite3_reset(insert_);
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            const int place = static_cast<int>(c + 1);
            std::visit(Overloaded{[&](std::monostate) { sqlite3_bind_null(insert_, place); },
                                  [&](bool truth) { sqlite3_bind_int(insert_, place, truth ? 1 : 0); },
                                  [&](double number) { sqlite3_bind_double(insert_, place, number); },
                                  [&](std::string_view text) { bind(place, columns_[c].type, text); }},
                       cells.next());
        }
        return sqlite3_step(insert_) == SQLITE_DONE;
    }

    // Binds an axis value, which is a text even for a numeric column.
    void bind(int place, ColumnType type, std::string_view text) {
        if (type == ColumnType::kInteger) {
            sqlite3_bind_int64(insert_, place, static_cast<sqlite3_int64>(parse_number(text).value_or(0)));
        } else if (type == ColumnType::kReal) {
            sqlite3_bind_double(insert_, place, parse_number(text).value_or(0));
        } else {
            // SQLITE_STATIC: the bytes outlive the step that reads them.
            sqlite3_bind_text(insert_, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
        }
    }

    // Reports SQLite's last error; always returns false.
    bool told(Diagnostics& diagnostics, const char* besides) {
        diagnostics.error(SourceLocation(file_),
                          fmt::format("cannot write the database: {}{}", sqlite3_errmsg(database_), besides),
                          *besides != '\0' ? "room on the disk, then the same command with --resume" : "");
        return false;
    }

    std::string file_;
    std::vector<Column> columns_;
    sqlite3* database_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};

}  // namespace

std::unique_ptr<RowSink> open_database(const std::string& file, bool resume, const Sweep& sweep, std::size_t& done,
                                       Diagnostics& diagnostics) {
    auto rows = std::make_unique<DatabaseRows>(file);
    return rows->open(resume, sweep, done, diagnostics) ? std::move(rows) : nullptr;
}

}  // namespace berth
