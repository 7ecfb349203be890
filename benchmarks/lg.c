/* lg: loopback load generator and backends at C speed. Built and called by generator.py.
 *   lg serve ECHO SINK SOURCE SHORT WEB   backends on 127.0.0.1 (one process, epoll)
 *   lg bulk  PORT CONNS SECS          download from a SOURCE, bytes counted at the client
 *   lg pp    PORT CONNS SECS SIZE [THINK_US_MAX]   ping-pong on CONNS, latency percentiles
 *   lg cps   PORT CONC  SECS          short connections: connect, request, read to EOF, close
 *   lg split PORT CONNS SECS ANSWER THINK_US_MAX SLOW_US   HTTP exchanges with answers of ANSWER bytes on kept
 *                                     connections; latency of those under SLOW_US, and how many were above
 *   lg idle  PORT N [redis]           open N connections (1 byte echoed on each, or PING), hold until stdin closes
 *   lg rate  PORT,PORT,... CONNS RATE SECS ANSWER   open CONNS over the ports, say so, wait for a byte of stdin; then
 *                                     RATE HTTP exchanges a second over them in turn, latency from when each was due;
 *                                     say so, hold until stdin closes, reset
 * Only ever talks to 127.0.0.1. Prints one JSON object (rate: two, a line each). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#define BUFSZ (128 * 1024)
#define MAXFD 70000
static char buf[1 << 20];
static int64_t now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000LL + t.tv_nsec; }
static void die(const char *m) { perror(m); exit(1); }
static int nodelay(int s) { int one = 1; setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); return s; }
static int listen_on(int port) {
  int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(s, (void *)&a, sizeof a) || listen(s, 4096)) die("bind/listen");
  return s;
}
static int dial(int port, int nonblock) {
  int s = socket(AF_INET, SOCK_STREAM | (nonblock ? SOCK_NONBLOCK : 0), 0);
  if (s < 0) die("socket");
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(s, (void *)&a, sizeof a) && !(nonblock && errno == EINPROGRESS)) { close(s); return -1; }
  return nodelay(s);
}
static void ctl(int ep, int op, int fd, unsigned ev) { struct epoll_event e = {.events = ev, .data.fd = fd}; epoll_ctl(ep, op, fd, &e); }

static char kind[MAXFD];
static int serve(char **av) {
  int ep = epoll_create1(0), ls[5];
  const char kinds[] = "EKSHW";
  for (int i = 0; i < 5; i++) { ls[i] = listen_on(atoi(av[i])); ctl(ep, EPOLL_CTL_ADD, ls[i], EPOLLIN); kind[ls[i]] = 'L'; }
  static const char resp[] = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
  struct epoll_event ev[256];
  for (;;) {
    int n = epoll_wait(ep, ev, 256, -1);
    for (int i = 0; i < n; i++) {
      int fd = ev[i].data.fd;
      ssize_t r;
      switch (kind[fd]) {
      case 'L': {
        char k = 0;
        for (int j = 0; j < 5; j++) if (ls[j] == fd) k = kinds[j];
        for (int c; (c = accept4(fd, 0, 0, SOCK_NONBLOCK)) >= 0;) {
          if (c >= MAXFD) { close(c); continue; }
          nodelay(c); kind[c] = k; ctl(ep, EPOLL_CTL_ADD, c, k == 'S' ? EPOLLOUT : EPOLLIN);
        }
        break; }
      case 'E':
        r = recv(fd, buf, BUFSZ, 0);
        if (r <= 0) { if (r == 0 || errno != EAGAIN) close(fd); break; }
        for (ssize_t o = 0; o < r;) {
          ssize_t w = send(fd, buf + o, r - o, MSG_NOSIGNAL);
          if (w > 0) o += w;
          else if (errno == EAGAIN) { struct pollfd p = {fd, POLLOUT, 0}; poll(&p, 1, 1000); }
          else break;
        }
        break;
      case 'W': {
        r = recv(fd, buf, BUFSZ, 0);
        if (r <= 0) { if (r == 0 || errno != EAGAIN) close(fd); break; }
        static const char web[] = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, world!";
        for (char *p = buf, *e = buf + r; (p = memmem(p, e - p, "\r\n\r\n", 4)); p += 4) if (send(fd, web, sizeof web - 1, MSG_NOSIGNAL) < 0) break;
        break; }
      case 'K': r = recv(fd, buf, BUFSZ, 0); if (r == 0 || (r < 0 && errno != EAGAIN)) close(fd); break;
      case 'S': r = send(fd, buf, BUFSZ, MSG_NOSIGNAL); if (r < 0 && errno != EAGAIN) close(fd); break;
      case 'H':
        r = recv(fd, buf, BUFSZ, 0);
        if (r > 0) { send(fd, resp, sizeof resp - 1, MSG_NOSIGNAL); close(fd); }
        else if (r == 0 || errno != EAGAIN) close(fd);
        break;
      }
    }
  }
}
static int bulk(int port, int conns, double secs) {
  int ep = epoll_create1(0);
  for (int i = 0; i < conns; i++) { int s = dial(port, 0); if (s < 0) die("connect"); fcntl(s, F_SETFL, O_NONBLOCK); ctl(ep, EPOLL_CTL_ADD, s, EPOLLIN); }
  struct epoll_event ev[64];
  int64_t t0 = now(), warm = t0 + 200000000LL, end = warm + (int64_t)(secs * 1e9), t = t0;
  uint64_t total = 0; int64_t start = 0; int err = 0;
  while (t < end) {
    int n = epoll_wait(ep, ev, 64, 100);
    t = now();
    if (!start && t >= warm) { start = t; total = 0; }
    for (int i = 0; i < n; i++) {
      ssize_t r = recv(ev[i].data.fd, buf, BUFSZ, 0);
      if (r > 0) total += r;
      else if (r == 0 || errno != EAGAIN) { close(ev[i].data.fd); if (++err == conns) goto out; }
    }
  }
out:
  t = now();
  if (!start) start = t0;
  printf("{\"bytes\": %llu, \"secs\": %.4f, \"MBps\": %.1f, \"errors\": %d}\n", (unsigned long long)total, (t - start) / 1e9, total / 1e6 / ((t - start) / 1e9), err);
  return 0;
}
static int cmp(const void *a, const void *b) { int32_t x = *(int32_t *)a, y = *(int32_t *)b; return (x > y) - (x < y); }
static double pct(int32_t *v, size_t n, double p) { if (!n) return -1; size_t i = (size_t)(p * (n - 1) + .5); return v[i] / 1000.0; }
static int64_t sent_at[MAXFD]; static int got[MAXFD];
static int pp(int port, int conns, double secs, int size, int think) {
  int ep = epoll_create1(0), err = 0, live = conns;
  size_t cap = 4000000, n = 0; int32_t *v = malloc(cap * sizeof *v);
  int *fds = calloc(conns, sizeof *fds); int64_t *due = calloc(conns, sizeof *due);
  int *idx = calloc(MAXFD, sizeof *idx);
  memset(buf, 'x', size); srand(7);
  int64_t t0 = now(), warm = t0 + 200000000LL, end = warm + (int64_t)(secs * 1e9);
  for (int i = 0; i < conns; i++) {
    int s = dial(port, 0); if (s < 0) die("connect"); fcntl(s, F_SETFL, O_NONBLOCK); ctl(ep, EPOLL_CTL_ADD, s, EPOLLIN);
    fds[i] = s; idx[s] = i; got[s] = 0;
    if (think) due[i] = now() + (int64_t)(rand() % think) * 1000;
    else { sent_at[s] = now(); if (send(s, buf, size, MSG_NOSIGNAL) != size) err++; }
  }
  struct epoll_event ev[256]; uint64_t count = 0; int64_t start = 0, t = t0;
  while (t < end && live) {
    int64_t nx = t + 100000000LL;
    if (think) {
      for (int i = 0; i < conns; i++) if (due[i]) {
        t = now();
        if (due[i] <= t) { due[i] = 0; sent_at[fds[i]] = now(); if (send(fds[i], buf, size, MSG_NOSIGNAL) != size) err++; }
        else if (due[i] < nx) nx = due[i];
      }
      t = now(); if (nx < t) nx = t;
    }
    struct timespec ts = {(nx - t) / 1000000000LL, (nx - t) % 1000000000LL};
    int m = epoll_pwait2(ep, ev, 256, &ts, NULL);
    t = now();
    if (!start && t >= warm) { start = t; count = 0; n = 0; }
    for (int i = 0; i < m; i++) {
      int fd = ev[i].data.fd;
      ssize_t r = recv(fd, buf + (1 << 19), size - got[fd], 0);
      if (r <= 0) { if (r == 0 || errno != EAGAIN) { close(fd); due[idx[fd]] = 0; err++; live--; } continue; }
      if ((got[fd] += r) < size) continue;
      got[fd] = 0; t = now();
      int64_t d = t - sent_at[fd];
      if (n < cap) v[n++] = d > 2000000000LL ? 2000000000 : (int32_t)d;
      count++;
      if (think) due[idx[fd]] = t + (int64_t)(rand() % think) * 1000;
      else { sent_at[fd] = now(); if (send(fd, buf, size, MSG_NOSIGNAL) != size) err++; }
    }
  }
  double el = (now() - start) / 1e9;
  qsort(v, n, sizeof *v, cmp);
  printf("{\"rps\": %.1f, \"n\": %zu, \"min\": %.1f, \"p1\": %.1f, \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f, \"errors\": %d, \"unit\": \"us\"}\n",
         count / el, n, pct(v, n, 0), pct(v, n, .01), pct(v, n, .5), pct(v, n, .9), pct(v, n, .99), pct(v, n, .999), pct(v, n, 1), err);
  return 0;
}
static int cps(int port, int conc, double secs) {
  int ep = epoll_create1(0); static const char req[] = "GET / HTTP/1.0\r\nHost: x\r\n\r\n";
  int64_t t0 = now(), warm = t0 + 200000000LL, end = warm + (int64_t)(secs * 1e9), start = 0, t = t0;
  uint64_t ok = 0, bad = 0; int inflight = 0; struct epoll_event ev[256];
  size_t cap = 1000000, n = 0; int32_t *v = malloc(cap * sizeof *v);
  while (t < end) {
    while (inflight < conc) { int s = dial(port, 1); if (s < 0) { bad++; break; } sent_at[s] = now(); got[s] = -1; ctl(ep, EPOLL_CTL_ADD, s, EPOLLOUT); inflight++; }
    int m = epoll_wait(ep, ev, 256, 100);
    t = now();
    if (!start && t >= warm) { start = t; ok = bad = 0; n = 0; }
    for (int i = 0; i < m; i++) {
      int fd = ev[i].data.fd;
      if (got[fd] < 0) {
        if (send(fd, req, sizeof req - 1, MSG_NOSIGNAL) < 0) { bad++; close(fd); inflight--; continue; }
        got[fd] = 0; ctl(ep, EPOLL_CTL_MOD, fd, EPOLLIN); continue;
      }
      ssize_t r = recv(fd, buf, BUFSZ, 0);
      if (r > 0) { got[fd] += r; continue; }
      if (r < 0 && errno == EAGAIN) continue;
      if (r == 0 && got[fd] > 0) { ok++; if (n < cap) v[n++] = (int32_t)(now() - sent_at[fd]); } else bad++;
      close(fd); inflight--;
    }
  }
  double el = (now() - start) / 1e9; qsort(v, n, sizeof *v, cmp);
  printf("{\"cps\": %.1f, \"p50\": %.1f, \"p99\": %.1f, \"errors\": %llu}\n", ok / el, pct(v, n, .5), pct(v, n, .99), (unsigned long long)bad);
  return 0;
}
static int split(int port, int conns, double secs, int want, int think, double slow_us) {
  static const char req[] = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";
  int ep = epoll_create1(0), out = 0, err = 0; size_t cap = 1000000, n = 0, slow = 0, all = 0;
  int32_t *v = malloc(cap * sizeof *v); int *fds = calloc(conns, sizeof *fds), *idx = calloc(MAXFD, sizeof *idx);
  int64_t *due = calloc(conns, sizeof *due), end = now() + (int64_t)(secs * 1e9), t = now();
  srand(7);
  for (int i = 0; i < conns; i++) {
    int s = dial(port, 0); if (s < 0) die("connect"); fcntl(s, F_SETFL, O_NONBLOCK); ctl(ep, EPOLL_CTL_ADD, s, EPOLLIN);
    fds[i] = s; idx[s] = i; due[i] = now() + (int64_t)(rand() % think) * 1000;
  }
  struct epoll_event ev[256];
  while ((t = now()) < end || (out && t < end + 3000000000LL)) {
    int64_t nx = t + 50000000LL;
    for (int i = 0; i < conns && t < end; i++) if (due[i]) {
      if (due[i] <= t) { due[i] = 0; got[fds[i]] = 0; sent_at[fds[i]] = now(); out++; if (send(fds[i], req, sizeof req - 1, MSG_NOSIGNAL) < 0) err++; }
      else if (due[i] < nx) nx = due[i];
    }
    t = now(); if (nx < t) nx = t;
    struct timespec ts = {(nx - t) / 1000000000LL, (nx - t) % 1000000000LL};
    int m = epoll_pwait2(ep, ev, 256, &ts, NULL);
    for (int i = 0; i < m; i++) {
      int fd = ev[i].data.fd; ssize_t r = recv(fd, buf, BUFSZ, 0);
      if (r <= 0) { if (r == 0 || errno != EAGAIN) { close(fd); err++; out--; } continue; }
      if ((got[fd] += r) < want) continue;
      int64_t d = (t = now()) - sent_at[fd]; out--; all++;
      if (d > slow_us * 1000) slow++; else if (n < cap) v[n++] = (int32_t)d;
      due[idx[fd]] = t + (int64_t)(rand() % think) * 1000;
    }
  }
  qsort(v, n, sizeof *v, cmp);
  printf("{\"n\": %zu, \"slow\": %zu, \"p50\": %.1f, \"p99\": %.1f, \"errors\": %d}\n", all, slow, pct(v, n, .5), pct(v, n, .99), err + out);
  return 0;
}
static int rate(char *list, int conns, double per_s, double secs, int want) {
  static const char req[] = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";
  static int ports[1024], fds[MAXFD]; int np = 0, ep = epoll_create1(0), opened = 0, up = 0, bad = 0;
  for (char *p = strtok(list, ","); p && np < 1024; p = strtok(0, ",")) ports[np++] = atoi(p);
  struct epoll_event ev[256]; struct linger rst = {1, 0};
  while (up + bad < conns) {
    while (opened < conns && opened - up - bad < 64) {
      int s = dial(ports[opened++ % np], 1);
      if (s < 0) { bad++; continue; }
      setsockopt(s, SOL_SOCKET, SO_LINGER, &rst, sizeof rst); ctl(ep, EPOLL_CTL_ADD, s, EPOLLOUT);
    }
    int m = epoll_wait(ep, ev, 256, 5000);
    if (m == 0) break;
    for (int i = 0; i < m; i++) {
      int fd = ev[i].data.fd, e = 0; socklen_t l = sizeof e; getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &l);
      if (e) { bad++; close(fd); continue; }
      ctl(ep, EPOLL_CTL_MOD, fd, EPOLLIN); fds[up++] = fd; got[fd] = -1;
    }
  }
  printf("{\"opened\": %d, \"errors\": %d}\n", up, conns - up); fflush(stdout);
  if (!up || read(0, buf, 1) <= 0) return 0;
  size_t cap = (size_t)(per_s * secs) + 1024, n = 0, in_time = 0, sent = 0, missed = 0; int32_t *v = malloc(cap * sizeof *v);
  int err = 0, out = 0, at = 0; int64_t t0 = now(), end = t0 + (int64_t)(secs * 1e9), t = t0; double gap = 1e9 / per_s;
  while ((t = now()) < end || (out && t < end + 3000000000LL)) {
    int64_t due = t0 + (int64_t)((sent + missed) * gap);
    for (; due <= t && due < end; due = t0 + (int64_t)((sent + missed) * gap)) {
      int tries = 0; while (tries < up && got[fds[at]] != -1) { at = (at + 1) % up; tries++; }
      if (tries == up) { missed++; continue; }
      int fd = fds[at]; at = (at + 1) % up; got[fd] = 0; sent_at[fd] = due; sent++; out++;
      if (send(fd, req, sizeof req - 1, MSG_NOSIGNAL) < 0) { err++; out--; got[fd] = -2; }
    }
    int64_t nx = due < end ? due : t + 20000000LL, w = nx > t ? nx - t : 0;
    struct timespec ts = {w / 1000000000LL, w % 1000000000LL};
    int m = epoll_pwait2(ep, ev, 256, &ts, NULL);
    for (int i = 0; i < m; i++) {
      int fd = ev[i].data.fd; ssize_t r = recv(fd, buf, BUFSZ, 0);
      if (r <= 0) { if (r == 0 || errno != EAGAIN) { ctl(ep, EPOLL_CTL_DEL, fd, 0); err++; out -= got[fd] >= 0; got[fd] = -2; } continue; }
      if ((got[fd] += r) < want) continue;
      t = now(); got[fd] = -1; out--; in_time += t < end;
      int64_t d = t - sent_at[fd]; if (n < cap) v[n++] = d > 2000000000LL ? 2000000000 : (int32_t)d;
    }
  }
  qsort(v, n, sizeof *v, cmp);
  printf("{\"sent\": %zu, \"answered\": %zu, \"rps\": %.1f, \"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f, \"missed\": %zu, \"errors\": %d}\n",
         sent, n, in_time / secs, pct(v, n, .5), pct(v, n, .99), pct(v, n, 1), missed, err + out);
  fflush(stdout);
  while (read(0, buf, 1) > 0);
  return 0;
}
static int idle(int port, int want, int redis) {
  const char *ask = redis ? "PING\r\n" : "x"; int asked = redis ? 6 : 1, size = redis ? 7 : 1; char c[8];
  int ep = epoll_create1(0), opened = 0, done = 0, bad = 0; struct epoll_event ev[256]; int64_t t0 = now();
  while (done + bad < want) {
    while (opened < want && opened - done - bad < 64) { int s = dial(port, 1); if (s < 0) { bad++; opened++; continue; } got[s] = -1; ctl(ep, EPOLL_CTL_ADD, s, EPOLLOUT); opened++; }
    int m = epoll_wait(ep, ev, 256, 5000);
    if (m == 0) break;
    for (int i = 0; i < m; i++) {
      int fd = ev[i].data.fd;
      if (got[fd] < 0) { if (send(fd, ask, asked, MSG_NOSIGNAL) < 0) { bad++; ctl(ep, EPOLL_CTL_DEL, fd, 0); continue; } got[fd] = 0; ctl(ep, EPOLL_CTL_MOD, fd, EPOLLIN); continue; }
      ssize_t r = recv(fd, c, size, 0);
      ctl(ep, EPOLL_CTL_DEL, fd, 0);
      if (r == size) done++; else bad++;
    }
  }
  double el = (now() - t0) / 1e9;
  printf("{\"opened\": %d, \"errors\": %d, \"secs\": %.4f, \"per_s\": %.1f}\n", done, bad + want - done - bad, el, done / el); fflush(stdout);
  while (read(0, buf, 1) > 0);
  return 0;
}
int main(int ac, char **av) {
  signal(SIGPIPE, SIG_IGN);
  struct rlimit rl = {MAXFD, MAXFD}; if (setrlimit(RLIMIT_NOFILE, &rl)) { rl.rlim_cur = rl.rlim_max = 20000; setrlimit(RLIMIT_NOFILE, &rl); }
  if (ac >= 7 && !strcmp(av[1], "rate")) return rate(av[2], atoi(av[3]), atof(av[4]), atof(av[5]), atoi(av[6]));
  if (ac >= 7 && !strcmp(av[1], "serve")) return serve(av + 2);
  if (ac >= 5 && !strcmp(av[1], "bulk")) return bulk(atoi(av[2]), atoi(av[3]), atof(av[4]));
  if (ac >= 8 && !strcmp(av[1], "split")) return split(atoi(av[2]), atoi(av[3]), atof(av[4]), atoi(av[5]), atoi(av[6]), atof(av[7]));
  if (ac >= 6 && !strcmp(av[1], "pp")) return pp(atoi(av[2]), atoi(av[3]), atof(av[4]), atoi(av[5]), ac > 6 ? atoi(av[6]) : 0);
  if (ac >= 5 && !strcmp(av[1], "cps")) return cps(atoi(av[2]), atoi(av[3]), atof(av[4]));
  if (ac >= 4 && !strcmp(av[1], "idle")) return idle(atoi(av[2]), atoi(av[3]), ac > 4);
  fprintf(stderr, "usage: see the top of lg.c\n"); return 2;
}
