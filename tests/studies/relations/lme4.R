# The reference values of test_reml.py: lme4 1.1-31 of R 4.2.2. Run in this folder: Rscript lme4.R
suppressMessages(library(lme4))
d <- read.csv("lme4.csv")
d$label <- relevel(factor(d$relation), "unrelated")
d$prompt <- d$caption_id
d$image <- paste(d$caption_id, d$seed)
d$pair <- paste(d$caption_id, d$pair)
x <- log2(d$distance)
d$far <- (x - mean(x)) / sqrt(mean((x - mean(x))^2))
fit <- lmer(iou ~ 0 + label + far + (1 | prompt) + (1 | image) + (1 | pair) + (1 | head_lemma) + (1 | dependent_lemma),
            d, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5)))
print(sprintf("criterion %.6f", REMLcrit(fit)))
print(format(round(coef(summary(fit)), 7), nsmall = 7))
print(format(round(as.matrix(vcov(fit)), 10), scientific = TRUE))
print(as.data.frame(VarCorr(fit))[, c("grp", "sdcor")], digits = 7)
