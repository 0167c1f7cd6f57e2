// Rows of a sweep as CSV lines.
#include "cli/row_sink.h"

#include "base/line_file.h"
#include "berth/report/sweep_report.h"
#include "cli/command.h"
#include "cli/packed_rows.h"

namespace berth {

namespace {

class PrintedRows : public RowSink {
  public:
    bool add(const std::string& rows, Diagnostics&) override {
        return answer(rows, Diagnostics{}) == ExitStatus::kFine;  // answer() reports the failure
    }
};

class FileRows : public RowSink {
  public:
    bool open(const std::string& file, bool resume, const std::string& header, std::size_t& done,
              Diagnostics& diagnostics) {
        return resume ? file_.resume(file, header, done, diagnostics) : file_.start(file, header, diagnostics);
    }
    bool add(const std::string& rows, Diagnostics& diagnostics) override { return file_.add(rows, diagnostics); }

  private:
    LineFile file_;
};

}  // namespace

bool is_database(const std::string& file) { return file.ends_with(".sqlite") || file.ends_with(".db"); }

Sweep::WriteRow row_writer(const std::string& file, const Sweep& sweep) {
    if (is_database(file)) {
        return
            [&sweep](std::size_t at, const SweepPoint& point, std::string& rows) { pack_row(sweep, at, point, rows); };
    }
    return [rows = std::make_shared<SweepRows>(sweep)](std::size_t at, const SweepPoint& point, std::string& text) {
        rows->add(at, point, text);
    };
}

std::unique_ptr<RowSink> print_rows(const Sweep& sweep, Diagnostics& diagnostics) {
    auto rows = std::make_unique<PrintedRows>();
    return rows->add(sweep_csv_header(sweep), diagnostics) ? std::move(rows) : nullptr;
}

std::unique_ptr<RowSink> open_rows(const std::string& file, bool resume, const Sweep& sweep, std::size_t& done,
                                   Diagnostics& diagnostics) {
    if (is_database(file)) {
        return open_database(file, resume, sweep, done, diagnostics);
    }
    auto rows = std::make_unique<FileRows>();
    return rows->open(file, resume, sweep_csv_header(sweep), done, diagnostics) ? std::move(rows) : nullptr;
}

}  // namespace berth
