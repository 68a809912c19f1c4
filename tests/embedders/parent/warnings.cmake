# Every warning of a compiler that a parent might make an error, but for those about layout, older
# standards, and pointers as such.
set(GNU_WARNINGS
    -Wall
    -Wextra
    -Wpedantic
    -Wcast-align
    -Wcast-qual
    -Wcatch-value=3
    -Wconversion
    -Wctor-dtor-privacy
    -Wdeprecated-copy-dtor
    -Wdouble-promotion
    -Wduplicated-branches
    -Wduplicated-cond
    -Weffc++
    -Wextra-semi
    -Wfloat-equal
    -Wformat=2
    -Wlogical-op
    -Wmissing-declarations
    -Wnon-virtual-dtor
    -Wnull-dereference
    -Wold-style-cast
    -Woverloaded-virtual
    -Wredundant-decls
    -Wshadow
    -Wsign-conversion
    -Wsign-promo
    -Wsuggest-override
    -Wswitch-default
    -Wswitch-enum
    -Wundef
    -Wunused
    -Wunused-macros
    -Wuseless-cast
    -Wzero-as-null-pointer-constant)
set(CLANG_WARNINGS
    -Weverything
    -Wno-c++98-compat
    -Wno-c++98-compat-pedantic
    -Wno-padded
    -Wno-pre-c++20-compat-pedantic
    -Wno-unknown-warning-option
    -Wno-unsafe-buffer-usage)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(ALL_WARNINGS ${GNU_WARNINGS})
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set(ALL_WARNINGS ${CLANG_WARNINGS})
endif()
