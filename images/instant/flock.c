/* flock -n DESCRIPTOR: takes the lock of the open file that the caller passed on, or ends with 1 when another has it.
 * All that an agent's boot script needs of util-linux's; Debian's busybox has none. Static, as instant.c is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

int main(int count, char** arguments) {
  if (count != 3 || strcmp(arguments[1], "-n") != 0) {
    fputs("usage: flock -n DESCRIPTOR\n", stderr);
    return 64;
  }
  if (flock(atoi(arguments[2]), LOCK_EX | LOCK_NB) == 0) return 0;
  if (errno == EWOULDBLOCK) return 1;
  perror("flock");
  return 65;
}
