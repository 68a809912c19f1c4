/* The version of filbert: the only place where it is written down. Plain C, so that every build
 * system can read it. */
#ifndef FILBERT_VERSION_H
#define FILBERT_VERSION_H

#define FILBERT_VERSION_MAJOR 0
#define FILBERT_VERSION_MINOR 1
#define FILBERT_VERSION_PATCH 0
#define FILBERT_VERSION_SUFFIX ""

#endif
