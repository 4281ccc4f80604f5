/* A stand-in for the OpenClaw gateway that is ready at once: for tests and benchmarks of everything
 * around the agent. Answers 200 to every request on port 18789, ends with 0 on SIGTERM.
 *
 * Like a gateway it keeps what it was told on its state volume: a chat message with "remember the word WORD" is kept
 * there before it is answered, "which word" is answered with it, as JSON or as a stream of events. It knows no sessions.
 *
 * Environment, for tests:
 *   MOSAIC_TEST_EXIT_CODE=N       end at once with N
 *   MOSAIC_TEST_READY_AFTER_MS=N  /readyz answers 503 until N ms after the start
 *   MOSAIC_TEST_HANG=1            accept connections, never answer
 *   MOSAIC_TEST_IGNORE_TERM=1     go on after SIGTERM
 *
 * One thread, one poll loop; a connection carries one request. Static, needs no C library at run time. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 18789, MAX_CONNECTIONS = 256, MAX_REQUEST = 8192, MAX_WORD = 40 };

#define KEPT "/home/node/.openclaw/word"

struct connection {
  int answered; /* the answer is out; we only wait for the peer to close */
  size_t length;
  char request[MAX_REQUEST + 1];
};

static struct pollfd polled[MAX_CONNECTIONS + 1]; /* 0 is the listener */
static struct connection connections[MAX_CONNECTIONS + 1];
static nfds_t polled_count = 1;
static long long started_ms;
static long ready_after_ms;
static int hang;

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static long number_from_environment(const char* name, long otherwise) {
  const char* text = getenv(name);
  return text != NULL && *text != '\0' ? strtol(text, NULL, 10) : otherwise;
}

static void end_cleanly(int signal_number) {
  (void)signal_number;
  _exit(0);
}

static int listen_on_port(void) {
  int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) return -1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 256) != 0)
    return -1;
  return listener;
}

static void drop(nfds_t index) {
  close(polled[index].fd);
  --polled_count;
  polled[index] = polled[polled_count];
  connections[index] = connections[polled_count];
}

static void accept_all(void) {
  while (polled_count <= MAX_CONNECTIONS) {
    int peer = accept4(polled[0].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (peer < 0) return;
    polled[polled_count] = (struct pollfd){.fd = peer, .events = POLLIN};
    connections[polled_count].answered = 0;
    connections[polled_count].length = 0;
    ++polled_count;
  }
}

/* A fresh socket's buffer always takes this much; a peer that is gone is noticed by the next read. */
static void send_answer(nfds_t index, const char* status, const char* type, const char* body) {
  char text[1024];
  int size = snprintf(text, sizeof text,
                      "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                      "Connection: close\r\n\r\n%s",
                      status, type, strlen(body), body);
  if (send(polled[index].fd, text, (size_t)size, MSG_NOSIGNAL) == size)
    shutdown(polled[index].fd, SHUT_WR);
  connections[index].answered = 1;
}

/* In one step, so that a power cut leaves the former word or this one. */
static int keep_word(const char* word) {
  size_t length = strlen(word);
  int file = open(KEPT ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return -1;
  int kept = write(file, word, length) == (ssize_t)length && fsync(file) == 0;
  return close(file) == 0 && kept && rename(KEPT ".new", KEPT) == 0 ? 0 : -1;
}

static void read_word(char word[MAX_WORD + 1]) {
  int file = open(KEPT, O_RDONLY | O_CLOEXEC);
  ssize_t got = file < 0 ? 0 : read(file, word, MAX_WORD);
  if (file >= 0) close(file);
  word[got > 0 ? got : 0] = '\0';
}

static void answer_sentence(nfds_t index, const char* sentence) {
  const char* request = connections[index].request;
  int streams =
      strstr(request, "\"stream\":true") != NULL || strstr(request, "\"stream\": true") != NULL;
  char body[512];
  snprintf(body, sizeof body,
           streams
               ? "data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":"
                 "{\"content\":\"%s\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
               : "{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":"
                 "{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}]}",
           sentence);
  send_answer(index, "200 OK", streams ? "text/event-stream" : "application/json", body);
}

/* Returns 0 when the message asks for nothing that we know. */
static int chat(nfds_t index) {
  const char* request = connections[index].request;
  char word[MAX_WORD + 1];
  char sentence[128];
  const char* told = strcasestr(request, "remember the word ");
  if (told != NULL) {
    told += strlen("remember the word ");
    size_t length = strspn(told, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    snprintf(word, sizeof word, "%.*s", (int)(length < MAX_WORD ? length : MAX_WORD), told);
    if (keep_word(word) != 0) {
      send_answer(index, "500 Internal Server Error", "application/json",
                  "{\"error\":{\"message\":\"no state\"}}");
      return 1;
    }
    snprintf(sentence, sizeof sentence, "I will remember \\\"%s\\\".", word);
  } else if (strcasestr(request, "which word") != NULL) {
    read_word(word);
    if (word[0] == '\0')
      strcpy(sentence, "You told me no word.");
    else
      snprintf(sentence, sizeof sentence, "The word is \\\"%s\\\".", word);
  } else {
    return 0;
  }
  answer_sentence(index, sentence);
  return 1;
}

/* Whether everything that the head announces has arrived, or as much as we take. */
static int is_whole(const struct connection* connection) {
  const char* end = strstr(connection->request, "\r\n\r\n");
  if (end == NULL) return 0;
  const char* announced = strcasestr(connection->request, "\r\ncontent-length:");
  if (announced == NULL || announced > end) return 1;
  size_t head = (size_t)(end + 4 - connection->request);
  return connection->length >= MAX_REQUEST ||
         connection->length - head >= strtoul(announced + strlen("\r\ncontent-length:"), NULL, 10);
}

static void answer(nfds_t index) {
  struct connection* connection = &connections[index];
  if (strncmp(connection->request, "POST /v1/chat/completions ", 26) == 0 && chat(index)) return;
  const char* path = strchr(connection->request, ' ');
  int is_readyz = path != NULL && strncmp(path + 1, "/readyz", 7) == 0;
  int ready = !is_readyz || now_ms() - started_ms >= ready_after_ms;
  send_answer(index, ready ? "200 OK" : "503 Service Unavailable", "application/json",
              ready ? "{\"ok\":true,\"status\":\"live\"}" : "{\"ready\":false}");
}

/* Returns 0 when the connection is over. */
static int read_from(nfds_t index) {
  struct connection* connection = &connections[index];
  char rest[4096];
  for (;;) {
    int keep = !connection->answered && connection->length < MAX_REQUEST;
    char* into = keep ? connection->request + connection->length : rest;
    ssize_t got =
        recv(polled[index].fd, into, keep ? MAX_REQUEST - connection->length : sizeof rest, 0);
    if (got == 0) return 0;
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (!keep) continue;
    connection->length += (size_t)got;
    connection->request[connection->length] = '\0';
    if (!hang && is_whole(connection)) answer(index);
  }
}

int main(void) {
  long exit_code = number_from_environment("MOSAIC_TEST_EXIT_CODE", -1);
  if (exit_code >= 0) return (int)exit_code;
  started_ms = now_ms();
  ready_after_ms = number_from_environment("MOSAIC_TEST_READY_AFTER_MS", 0);
  hang = number_from_environment("MOSAIC_TEST_HANG", 0) != 0;
  /* Process 1 gets no default action for a signal: say explicitly what TERM and INT do. */
  signal(SIGTERM,
         number_from_environment("MOSAIC_TEST_IGNORE_TERM", 0) != 0 ? SIG_IGN : end_cleanly);
  signal(SIGINT, end_cleanly);

  int listener = listen_on_port();
  if (listener < 0) {
    perror("instant: port 18789");
    return 1;
  }
  polled[0] = (struct pollfd){.fd = listener, .events = POLLIN};
  puts("instant: ready on port 18789");
  fflush(stdout);
  for (;;) {
    if (poll(polled, polled_count, -1) < 0 && errno != EINTR) return 1;
    for (nfds_t index = polled_count; index-- > 1;) {
      if (polled[index].revents != 0 && !read_from(index)) drop(index);
    }
    if (polled[0].revents != 0) accept_all();
  }
}
