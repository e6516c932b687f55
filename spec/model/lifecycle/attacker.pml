/* The attacker: `d` is the direction it works on, named after its sender. */

#define may(d) (acts < BUDGET && !gone[1 - d])
/* to an end that drops unopened it makes no difference which records come */
#define mayForge(d) (may(d) && st[1 - d] != S_Draining && st[1 - d] != S_Closing)

inline pushFront(d, what) {
  wire[d]!what;
  n = len(wire[d]);
  do :: n > 1 -> wire[d]?x; wire[d]!x; n-- :: else -> break od;
  skip                                       /* a d_step may not end in a break */
}

#define INJECT(k, j) \
  :: d_step { mayForge(d) && j < MAX && j < sent[k] -> \
      acts++; printf("@@ 2 inject %d %d %d\n", d, name(k, j), said[k * MAX + j]); pushFront(d, name(k, j)) }

#if BUDGET
proctype Attacker(byte d) {
end:
  do
  :: d_step { may(d) && nempty(wire[d]) ->
      acts++; wire[d]?w; printf("@@ 2 drop %d %d\n", d, w) }
  :: d_step { mayForge(d) && nempty(wire[d]) && !wire[d]?[FIN] && !wire[d]?[PART] ->
      acts++; wire[d]?w; printf("@@ 2 tamper %d %d\n", d, w);
      w = w | 128;
      pushFront(d, w) }
  :: d_step { mayForge(d) && len(wire[d]) > 1 + (fin[d] || cut[d]) ->
      acts++; wire[d]?w; wire[d]?c; printf("@@ 2 swap %d %d %d\n", d, w, c);
      pushFront(d, w); pushFront(d, c) }
  :: d_step { may(d) && !cut[d] ->
      acts++; printf("@@ 2 cut %d\n", d);
      do :: len(wire[d]) > 0 -> wire[d]?x :: else -> break od;
      cut[d] = true; wire[d]!FIN }
  :: d_step { may(d) && !cut[d] ->
      acts++; printf("@@ 2 cut-inside %d\n", d);
      do :: len(wire[d]) > 0 -> wire[d]?x :: else -> break od;
      cut[d] = true; wire[d]!PART }
  :: d_step { may(d) && !reset[1 - d] ->
      acts++; printf("@@ 2 reset %d\n", d); reset[1 - d] = true }
  INJECT(K_client, 0)
  INJECT(K_client, 1)
  INJECT(K_client, 2)
  INJECT(K_client, 3)
  INJECT(K_client, 4)
  INJECT(K_client, 5)
  INJECT(K_server, 0)
  INJECT(K_server, 1)
  INJECT(K_server, 2)
  INJECT(K_server, 3)
  INJECT(K_server, 4)
  INJECT(K_server, 5)
  :: d_step { mayForge(d) && verdict != 0 ->
      acts++; printf("@@ 2 inject %d %d %d\n", d, name(K_verdict, 0), verdict); pushFront(d, name(K_verdict, 0)) }
  :: d_step { mayForge(d) ->
      acts++; printf("@@ 2 inject %d %d %d\n", d, name(K_response, 0), content(T_Response, 0));
      pushFront(d, name(K_response, 0)) }
  od
}
#endif
