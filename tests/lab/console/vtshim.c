/* vtshim.dll: obeys terminal sequences on behalf of a console that prints them as text, as Wine 8's does although it
   agrees to ENABLE_VIRTUAL_TERMINAL_PROCESSING. It takes the place of WriteConsoleW in the imports of the program it is
   loaded into (see vtrun.c). For tests only: it knows what full-screen programs commonly send, sixteen colours, and no
   scrolling regions. */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

typedef BOOL(WINAPI *write_console)(HANDLE, const void *, DWORD, DWORD *, void *);

enum { PARAMETERS = 16, TEXT = 4096, ESCAPE = 27, BELL = 7 };

static CRITICAL_SECTION one_at_a_time;
static write_console real_write;

/* Where the reading of a sequence stands. */
static enum { PLAIN, AFTER_ESCAPE, IN_CONTROL, IN_STRING, STRING_ESCAPE, SKIP_ONE } state;
static int parameters[PARAMETERS], count, marker;

/* The pen. Colours are numbered as terminals do: 0 black, 1 red, ... 15 bright white. */
static struct {
  int ink, paper;
  BOOL bold, underlined, reversed;
} pen = {7, 0, FALSE, FALSE, FALSE};

/* The cursor, from the window's upper left corner; followed here only while the alternate screen is on. */
static struct {
  int x, y;
} cursor, saved;
static BOOL alternate, wraps_next;

static WCHAR text[TEXT];
static int text_length;

/* ---- colours ---- */

static const BYTE palette[16][3] = {
    {0, 0, 0},       {205, 49, 49},  {13, 188, 121}, {229, 229, 16}, {36, 114, 200}, {188, 63, 188},
    {17, 168, 205},  {204, 204, 204}, {118, 118, 118}, {241, 76, 76}, {35, 209, 139}, {245, 245, 67},
    {59, 142, 234},  {214, 112, 214}, {41, 184, 219}, {255, 255, 255}};

static int nearest(int red, int green, int blue) {
  int best = 0, shortest = 3 * 256 * 256;
  for (int number = 0; number < 16; number++) {
    int r = red - palette[number][0], g = green - palette[number][1], b = blue - palette[number][2];
    int distance = r * r + g * g + b * b;
    if (distance < shortest)
      shortest = distance, best = number;
  }
  return best;
}

/* One of the 256 colours: sixteen named ones, a cube of six levels, 24 greys. */
static int of_256(int number) {
  static const int level[6] = {0, 95, 135, 175, 215, 255};
  if (number < 16)
    return number < 0 ? 0 : number;
  if (number >= 232) {
    int grey = 8 + 10 * (number - 232);
    return nearest(grey, grey, grey);
  }
  number -= 16;
  return nearest(level[number / 36], level[number / 6 % 6], level[number % 6]);
}

/* The console counts blue, green, red where terminals count red, green, blue. */
static WORD console_colour(int colour) { return (colour & 10) | (colour & 1) << 2 | (colour & 4) >> 2; }

static WORD attribute(void) {
  WORD ink = console_colour(pen.bold && pen.ink < 8 ? pen.ink | 8 : pen.ink), paper = console_colour(pen.paper);
  WORD line = pen.underlined ? COMMON_LVB_UNDERSCORE : 0;
  return pen.reversed ? line | paper | ink << 4 : line | ink | paper << 4;
}

static void reset_pen(void) {
  pen.ink = 7, pen.paper = 0;
  pen.bold = pen.underlined = pen.reversed = FALSE;
}

/* ---- the console ---- */

static SMALL_RECT window_of(HANDLE console) {
  CONSOLE_SCREEN_BUFFER_INFO info;
  SMALL_RECT nothing = {0, 0, 0, 0};
  return GetConsoleScreenBufferInfo(console, &info) ? info.srWindow : nothing;
}

static int width(SMALL_RECT window) { return window.Right - window.Left + 1; }
static int height(SMALL_RECT window) { return window.Bottom - window.Top + 1; }

static COORD place(SMALL_RECT window, int x, int y) {
  COORD at = {(SHORT)(window.Left + x), (SHORT)(window.Top + y)};
  return at;
}

static int within(int value, int limit) { return value < 0 ? 0 : value >= limit ? limit - 1 : value; }

static void move_to(HANDLE console, int x, int y) {
  SMALL_RECT window = window_of(console);
  cursor.x = within(x, width(window));
  cursor.y = within(y, height(window));
  wraps_next = FALSE;
  SetConsoleCursorPosition(console, place(window, cursor.x, cursor.y));
}

static void find_cursor(HANDLE console) {
  CONSOLE_SCREEN_BUFFER_INFO info;
  if (alternate || !GetConsoleScreenBufferInfo(console, &info))
    return;
  cursor.x = info.dwCursorPosition.X - info.srWindow.Left;
  cursor.y = info.dwCursorPosition.Y - info.srWindow.Top;
}

static void erase(HANDLE console, int x, int y, int cells) {
  DWORD done;
  COORD at = place(window_of(console), x, y);
  if (cells <= 0)
    return;
  FillConsoleOutputCharacterW(console, ' ', cells, at, &done);
  FillConsoleOutputAttribute(console, attribute(), cells, at, &done);
}

static void erase_lines(HANDLE console, int first, int end) {
  int cells = width(window_of(console));
  for (int y = first; y < end; y++)
    erase(console, 0, y, cells);
}

static void next_line(int lines) {
  if (cursor.y < lines - 1)
    cursor.y++;
  wraps_next = FALSE;
}

/* Draws the longest piece of text that fits on the cursor's line, and says how long it was. */
static int draw_piece(HANDLE console, SMALL_RECT window, const WCHAR *from, const WCHAR *end) {
  DWORD done;
  int length = 0, columns = width(window);
  if (wraps_next) {
    cursor.x = 0;
    next_line(height(window));
  }
  while (from + length < end && from[length] >= ' ' && cursor.x + length < columns)
    length++;
  COORD at = place(window, cursor.x, cursor.y);
  WriteConsoleOutputCharacterW(console, from, length, at, &done);
  FillConsoleOutputAttribute(console, attribute(), length, at, &done);
  cursor.x += length;
  if (cursor.x >= columns) {
    cursor.x = columns - 1;
    wraps_next = TRUE;
  }
  return length;
}

/* The alternate screen never scrolls; on the ordinary one the console itself does what text says. */
static void draw_text(HANDLE console) {
  DWORD done;
  SMALL_RECT window = window_of(console);
  const WCHAR *at = text, *end = text + text_length;
  text_length = 0;
  if (at == end)
    return;
  SetConsoleTextAttribute(console, attribute());
  if (!alternate) {
    real_write(console, at, end - at, &done, NULL);
    return;
  }
  while (at < end) {
    if (*at >= ' ') {
      at += draw_piece(console, window, at, end);
      continue;
    }
    if (*at == '\n')
      next_line(height(window));
    else if (*at == '\r')
      cursor.x = 0, wraps_next = FALSE;
    else if (*at == '\b' && cursor.x > 0)
      cursor.x--, wraps_next = FALSE;
    else if (*at == '\t')
      cursor.x = within((cursor.x + 8) & ~7, width(window));
    at++;
  }
  SetConsoleCursorPosition(console, place(window, cursor.x, cursor.y));
}

/* ---- sequences ---- */

static int parameter(int number, int otherwise) {
  return number < count && parameters[number] ? parameters[number] : otherwise;
}

/* A colour in several parameters, "5;number" or "2;red;green;blue"; returns how many it took. */
static int long_colour(int at, int *colour) {
  if (at + 1 < count && parameters[at] == 5) {
    *colour = of_256(parameters[at + 1]);
    return 2;
  }
  if (at + 3 < count && parameters[at] == 2) {
    *colour = nearest(parameters[at + 1], parameters[at + 2], parameters[at + 3]);
    return 4;
  }
  return 0;
}

static void change_pen(void) {
  int ignored;
  if (count == 0)
    reset_pen();
  for (int at = 0; at < count; at++) {
    int code = parameters[at];
    if (code >= 30 && code <= 37)
      pen.ink = code - 30;
    else if (code >= 40 && code <= 47)
      pen.paper = code - 40;
    else if (code >= 90 && code <= 97)
      pen.ink = code - 90 + 8;
    else if (code >= 100 && code <= 107)
      pen.paper = code - 100 + 8;
    else
      switch (code) {
      case 0: reset_pen(); break;
      case 1: pen.bold = TRUE; break;
      case 4: pen.underlined = TRUE; break;
      case 7: pen.reversed = TRUE; break;
      case 22: pen.bold = FALSE; break;
      case 24: pen.underlined = FALSE; break;
      case 27: pen.reversed = FALSE; break;
      case 39: pen.ink = 7; break;
      case 49: pen.paper = 0; break;
      case 38: at += long_colour(at + 1, &pen.ink); break;
      case 48: at += long_colour(at + 1, &pen.paper); break;
      case 58: at += long_colour(at + 1, &ignored); break;
      }
  }
}

static void set_modes(HANDLE console, BOOL on) {
  for (int at = 0; at < count; at++) {
    CONSOLE_CURSOR_INFO look;
    if (parameters[at] == 25 && GetConsoleCursorInfo(console, &look)) {
      look.bVisible = on;
      SetConsoleCursorInfo(console, &look);
    }
    if (parameters[at] == 47 || parameters[at] == 1047 || parameters[at] == 1049) {
      alternate = on;
      reset_pen();
      erase_lines(console, 0, height(window_of(console)));
      move_to(console, 0, 0);
    }
  }
}

static void obey(HANDLE console, WCHAR what) {
  SMALL_RECT window = window_of(console);
  int columns = width(window), lines = height(window);
  int step = parameter(0, 1), part = parameter(0, 0);
  if (marker == '?' && (what == 'h' || what == 'l'))
    set_modes(console, what == 'h');
  if (marker)
    return;
  if (what == 'm') {
    change_pen();
    return;
  }
  find_cursor(console);
  switch (what) {
  case 'H':
  case 'f': move_to(console, parameter(1, 1) - 1, parameter(0, 1) - 1); break;
  case 'A': move_to(console, cursor.x, cursor.y - step); break;
  case 'B': move_to(console, cursor.x, cursor.y + step); break;
  case 'C': move_to(console, cursor.x + step, cursor.y); break;
  case 'D': move_to(console, cursor.x - step, cursor.y); break;
  case 'E': move_to(console, 0, cursor.y + step); break;
  case 'F': move_to(console, 0, cursor.y - step); break;
  case 'G': move_to(console, step - 1, cursor.y); break;
  case 'd': move_to(console, cursor.x, step - 1); break;
  case 's': saved = cursor; break;
  case 'u': move_to(console, saved.x, saved.y); break;
  case 'X': erase(console, cursor.x, cursor.y, step > columns - cursor.x ? columns - cursor.x : step); break;
  case 'K':
    if (part == 0)
      erase(console, cursor.x, cursor.y, columns - cursor.x);
    else
      erase(console, 0, cursor.y, part == 1 ? cursor.x + 1 : columns);
    break;
  case 'J':
    if (part == 0)
      erase(console, cursor.x, cursor.y, columns - cursor.x);
    if (part == 1)
      erase(console, 0, cursor.y, cursor.x + 1);
    erase_lines(console, part == 0 ? cursor.y + 1 : 0, part == 1 ? cursor.y : lines);
    break;
  }
}

static void after_escape(HANDLE console, WCHAR unit) {
  state = PLAIN;
  find_cursor(console);
  switch (unit) {
  case '[':
    state = IN_CONTROL;
    count = marker = 0;
    ZeroMemory(parameters, sizeof parameters);
    break;
  case ']':
  case 'P':
  case '_':
  case '^': state = IN_STRING; break;
  case '(':
  case ')': state = SKIP_ONE; break;
  case '7': saved = cursor; break;
  case '8': move_to(console, saved.x, saved.y); break;
  }
}

static void in_control(HANDLE console, WCHAR unit) {
  if (unit >= '0' && unit <= '9') {
    count = count ? count : 1;
    if (parameters[count - 1] < 10000)
      parameters[count - 1] = parameters[count - 1] * 10 + unit - '0';
  } else if (unit == ';' || unit == ':') {
    count = count ? count : 1;
    if (count < PARAMETERS)
      count++;
  } else if (unit >= '<' && unit <= '?') {
    marker = unit;
  } else if (unit < ' ' || unit > '/') {
    state = PLAIN;
    obey(console, unit);
  }
}

static void take(HANDLE console, WCHAR unit) {
  switch (state) {
  case PLAIN:
    if (unit == ESCAPE) {
      draw_text(console);
      state = AFTER_ESCAPE;
    } else if (unit) {
      if (text_length == TEXT)
        draw_text(console);
      text[text_length++] = unit;
    }
    break;
  case AFTER_ESCAPE: after_escape(console, unit); break;
  case IN_CONTROL: in_control(console, unit); break;
  case IN_STRING:
    if (unit == BELL)
      state = PLAIN;
    else if (unit == ESCAPE)
      state = STRING_ESCAPE;
    break;
  case STRING_ESCAPE:
  case SKIP_ONE: state = PLAIN; break;
  }
}

/* ---- in the place of WriteConsoleW ---- */

static BOOL WINAPI obeying_write(HANDLE console, const void *units, DWORD length, DWORD *written, void *reserved) {
  DWORD mode;
  if (!GetConsoleMode(console, &mode) || !(mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING))
    return real_write(console, units, length, written, reserved);
  EnterCriticalSection(&one_at_a_time);
  for (DWORD at = 0; at < length; at++)
    take(console, ((const WCHAR *)units)[at]);
  draw_text(console);
  LeaveCriticalSection(&one_at_a_time);
  if (written)
    *written = length;
  return TRUE;
}

static void replace(IMAGE_THUNK_DATA *slot, ULONG_PTR function) {
  DWORD protection;
  if (VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &protection)) {
    slot->u1.Function = function;
    VirtualProtect(slot, sizeof *slot, protection, &protection);
  }
}

static void replace_import(BYTE *program, const char *name, ULONG_PTR function) {
  IMAGE_NT_HEADERS *headers = (IMAGE_NT_HEADERS *)(program + ((IMAGE_DOS_HEADER *)program)->e_lfanew);
  DWORD table = headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
  if (!table)
    return;
  for (IMAGE_IMPORT_DESCRIPTOR *library = (IMAGE_IMPORT_DESCRIPTOR *)(program + table); library->Name; library++) {
    DWORD names = library->OriginalFirstThunk ? library->OriginalFirstThunk : library->FirstThunk;
    IMAGE_THUNK_DATA *wanted = (IMAGE_THUNK_DATA *)(program + names);
    IMAGE_THUNK_DATA *slot = (IMAGE_THUNK_DATA *)(program + library->FirstThunk);
    for (; wanted->u1.AddressOfData; wanted++, slot++)
      if (!IMAGE_SNAP_BY_ORDINAL(wanted->u1.Ordinal) &&
          !lstrcmpA((char *)((IMAGE_IMPORT_BY_NAME *)(program + wanted->u1.AddressOfData))->Name, name))
        replace(slot, function);
  }
}

BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, void *reserved) {
  (void)library, (void)reserved;
  if (reason == DLL_PROCESS_ATTACH) {
    InitializeCriticalSection(&one_at_a_time);
    real_write = (write_console)(void *)GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "WriteConsoleW");
    replace_import((BYTE *)GetModuleHandleW(NULL), "WriteConsoleW", (ULONG_PTR)obeying_write);
  }
  return TRUE;
}
