#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace shearwater {

/// A column of a table.
struct Column {
    std::string name;         ///< the name in a text table ends with the unit
    std::string unit;         ///< "1" for a pure number
    std::string description;  ///< meaning of the values
};

/// One row of a text table: numbers separated by commas.
class Row {
  public:
    void add(std::int64_t value);
    /// @param digits  largest number of significant digits
    void add(double value, int digits);
    void add(double value) = delete;

    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// Numbers so far.
    [[nodiscard]] std::size_t cells() const noexcept { return cells_; }

  private:
    void append(const std::string& cell);

    std::string text_;
    std::size_t cells_ = 0;
};

struct Entry;

/// Value of an entry: null if it is not known, a scalar, a text, or a group of entries.
using EntryValue = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, std::vector<Entry>>;

/// A named value of a summary.
struct Entry {
    std::string name;
    EntryValue value;
};

/// The entries of a summary, in the order in which they were added.
class Entries {
  public:
    /// There must be no entry of this name yet.
    void add(std::string name, EntryValue value);

    /// Adds an entry whose value is null if it is not known.
    template <class Value>
    void add_if_known(std::string name, const std::optional<Value>& value)
    {
        add(std::move(name), value ? EntryValue(*value) : EntryValue(nullptr));
    }

    [[nodiscard]] const std::vector<Entry>& all() const noexcept { return entries_; }

    /// Value of a numerical entry. Returns nothing if there is no such entry or its value is not a number.
    [[nodiscard]] std::optional<double> number(std::string_view name) const noexcept;

  private:
    std::vector<Entry> entries_;
};

}  // namespace shearwater
