#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <shearwater/core/precise_time.hpp>

namespace shearwater {

class Archive;

/// An object that lists its state. `visit(archive)` passes every datum on which later results depend to the archive, with its name. A datum depends
/// only on data listed before it. Quantities that follow from the listed data are not listed; after an archive has been read (Archive::reads), the
/// object recomputes them.
template <class T>
concept Visitable = requires(T& object, Archive& archive)
{
    object.visit(archive);
};

/// Whether the bytes of a T determine its value: T has no pointers and no padding between members. Classes that consist of floating-point numbers
/// must specialise it, because the language has no trait that detects padding in them.
template <class T>
inline constexpr bool is_plain = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> &&
                                 (std::has_unique_object_representations_v<T> || std::is_floating_point_v<T> || std::is_enum_v<T>);
template <class T, std::size_t Count>
inline constexpr bool is_plain<std::array<T, Count>> = is_plain<T>;
template <>
inline constexpr bool is_plain<PreciseTime> = true;

/// The type of the elements of which the bytes of a datum consist.
struct ElementType {
    enum class Kind { Bytes, Integer, Floating };

    Kind kind = Kind::Bytes;
    std::size_t size = 1;  ///< size of an element [bytes]
};

/// The type of the elements of a plain T.
template <class T>
inline constexpr ElementType element_type = std::is_floating_point_v<T>                  ? ElementType{ElementType::Kind::Floating, sizeof(T)}
                                            : std::is_integral_v<T> || std::is_enum_v<T> ? ElementType{ElementType::Kind::Integer, sizeof(T)}
                                                                                         : ElementType{ElementType::Kind::Bytes, sizeof(T)};
template <class T, std::size_t Count>
inline constexpr ElementType element_type<std::array<T, Count>> = element_type<T>;
template <>
inline constexpr ElementType element_type<PreciseTime> = element_type<double>;

/// Data that an archive stores as bytes.
template <class T>
concept Plain = is_plain<T> && !Visitable<T>;

/// Visits the state of a run datum by datum and writes, reads or compares it (visitor pattern). The owners of the state need not know which.
///
/// The name of a datum is unique within its owner. The names of the enclosing owners and of the datum form a path such as `engine/clocks/time`.
class Archive {
  public:
    Archive() = default;
    virtual ~Archive() = default;
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;
    Archive(Archive&&) = delete;
    Archive& operator=(Archive&&) = delete;

    /// Whether the archive assigns the data that it visits. If so, the object must recompute what follows from them.
    [[nodiscard]] virtual bool reads() const noexcept = 0;

    template <Plain T>
    void operator()(std::string_view name, T& value)
    {
        bytes(name, std::as_writable_bytes(std::span(&value, 1)), element_type<T>);
    }

    template <Visitable T>
    void operator()(std::string_view name, T& value)
    {
        const Scope scope(*this, name);
        value.visit(*this);
    }

    template <class T, std::size_t Count>
    void operator()(std::string_view name, std::array<T, Count>& values)
    {
        elements(name, std::span<T>(values));
    }

    template <class T>
    void operator()(std::string_view name, std::vector<T>& values)
    {
        const Scope scope(*this, name);
        resize(values);
        elements("elements", std::span<T>(values));
    }

    /// Visits a fixed number of objects.
    template <class Range>
    void each(std::string_view name, Range& objects)
    {
        const Scope scope(*this, name);
        std::size_t number = 0;
        for (auto& object : objects) (*this)(std::to_string(number++), object);
    }

    /// Stores the elements of a vector as bytes. The bytes must determine their values, as in structs of numbers without padding.
    /// @param type  type of the numbers of which the elements consist
    template <class T>
    requires std::is_trivially_copyable_v<T>
    void as_bytes(std::string_view name, std::vector<T>& values, ElementType type = element_type<T>)
    {
        const Scope scope(*this, name);
        resize(values);
        if (!values.empty()) bytes("elements", std::as_writable_bytes(std::span<T>(values)), type);
    }

    void operator()(std::string_view name, std::vector<bool>& values);
    void operator()(std::string_view name, std::string& value);

    template <class T>
    void operator()(std::string_view name, std::optional<T>& value)
    {
        const Scope scope(*this, name);
        std::uint8_t is_there = value ? 1 : 0;
        (*this)("is_there", is_there);
        if (reads() && is_there == 0) value.reset();
        if (reads() && is_there != 0) value.emplace();
        if (value) (*this)("value", *value);
    }

    template <class First, class Second>
    void operator()(std::string_view name, std::pair<First, Second>& value)
    {
        const Scope scope(*this, name);
        (*this)("first", value.first);
        (*this)("second", value.second);
    }

  protected:
    /// Visits the bytes of a datum.
    virtual void bytes(std::string_view name, std::span<std::byte> value, ElementType type) = 0;

    /// Called before a vector is given a size that has been read.
    virtual void check_size(std::string_view /*name*/, std::uint64_t /*elements*/) const {}

    /// The names of the owners around the datum that is visited, each followed by a slash.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    /// Appends the name of an owner to the path while its data are visited.
    class Scope {
      public:
        Scope(Archive& archive, std::string_view name) : archive_(archive), before_(archive.path_.size())
        {
            archive.path_.append(name).push_back('/');
        }
        ~Scope() { archive_.path_.resize(before_); }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;
        Scope(Scope&&) = delete;
        Scope& operator=(Scope&&) = delete;

      private:
        Archive& archive_;
        std::size_t before_;
    };

    template <class T>
    void resize(std::vector<T>& values)
    {
        std::uint64_t size = values.size();
        (*this)("size", size);
        if (!reads()) return;
        check_size("size", size);
        values.resize(static_cast<std::size_t>(size));
    }

    template <class T>
    void elements(std::string_view name, std::span<T> values)
    {
        if constexpr (Plain<T>) {
            if (!values.empty()) bytes(name, std::as_writable_bytes(values), element_type<T>);
        } else {
            const Scope scope(*this, name);
            for (std::size_t i = 0; i < values.size(); ++i) (*this)(std::to_string(i), values[i]);
        }
    }

    std::string path_;
};

/// Writes state to memory.
class WritingArchive final : public Archive {
  public:
    [[nodiscard]] bool reads() const noexcept override { return false; }
    [[nodiscard]] const std::vector<std::byte>& data() const noexcept { return data_; }

  private:
    void bytes(std::string_view name, std::span<std::byte> value, ElementType type) override;

    std::vector<std::byte> data_;
};

/// Reads state from memory.
class ReadingArchive final : public Archive {
  public:
    /// Keeps a view of the data, which must outlive the archive.
    explicit ReadingArchive(std::span<const std::byte> data) : data_(data) {}

    [[nodiscard]] bool reads() const noexcept override { return true; }
    /// Whether all data have been read.
    [[nodiscard]] bool is_at_end() const noexcept { return data_.empty(); }

  private:
    /// @throws RunError if the archive holds fewer bytes than the datum needs
    void bytes(std::string_view name, std::span<std::byte> value, ElementType type) override;

    /// @throws RunError if so many elements cannot follow
    void check_size(std::string_view name, std::uint64_t elements) const override;

    std::span<const std::byte> data_;  ///< what is left
};

/// Position of a datum in an archive in memory.
struct ArchivedDatum {
    std::string path;
    std::size_t begin = 0;  ///< offset of its first byte
    std::size_t bytes = 0;  ///< its size
    ElementType type;       ///< type of its elements
};

/// Lists the paths and positions that the data have in a WritingArchive of the same object.
class ListingArchive final : public Archive {
  public:
    [[nodiscard]] bool reads() const noexcept override { return false; }
    [[nodiscard]] const std::vector<ArchivedDatum>& data() const noexcept { return data_; }

  private:
    void bytes(std::string_view name, std::span<std::byte> value, ElementType type) override;

    std::vector<ArchivedDatum> data_;
    std::size_t place_ = 0;
};

}  // namespace shearwater
